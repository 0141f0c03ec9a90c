import KVShared
import Testing

@testable import git_kv

struct WatchLineTests {
  private let id = ObjectID(String(repeating: "ab", count: 20))!

  private func entry(set: String = "[]", del: String = "[]", more: String = "") throws -> WatchEntry {
    let text = """
      {"del":\(del),"epoch":"e"\(more),"ns":"main","oid":"\(id)","set":\(set),"ts":"T","txn":"X","v":1}

      """
    let event = try #require(CanonicalJSON.decode(WatchEvent.self, Array(text.utf8)))
    return WatchEntry(event: event, place: WatchPlace(commit: id, ledger: id), isDerived: false)
  }

  @Test(arguments: [
    (#"["a"]"#, " +a"), (#"["a b"]"#, #" +"a b""#), (#"["\"a"]"#, #" +"\"a""#), (#"["+a\\","-"]"#, #" ++a\ +-"#),
    (#"["a\u0007"]"#, #" +"a\u0007""#), (#"["é/"]"#, " +é/"), ("[]", ""),
  ])
  func `a key is one word`(set: String, words: String) throws {
    let line = try #require(WatchLine(entry(set: set, del: #"["z z"]"#), prefix: ""))
    #expect(line.words == "T X abababababab\(words) -\"z z\"\n")
  }

  @Test func `what is not asked for is left out`() throws {
    let some = try entry(set: #"["a","ab"]"#, del: #"["b"]"#)
    #expect(WatchLine(some, prefix: "ab")?.words == "T X abababababab +ab\n")
    #expect(WatchLine(some, prefix: "b")?.words == "T X abababababab -b\n")
    #expect(WatchLine(some, prefix: "c") == nil)
    // The beginning of a character is none of it.
    #expect(try WatchLine(entry(set: #"["é"]"#), prefix: "e") == nil)
    #expect(try WatchLine(entry(), prefix: "")?.words == "T X abababababab\n")
    let unknown = try entry(more: #","error":"no\ntrees""#)
    #expect(WatchLine(unknown, prefix: "c")?.words == "T X abababababab error: \"no\\ntrees\"\n")
  }
}
