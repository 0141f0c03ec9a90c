import KVShared
import Testing

struct ExitCodeTests {
  @Test func `the manual page lists the table, code by code`() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(decoding: try #require(try IO.readFile("/\(folder)/man/git-kv.1")), as: UTF8.self)
    let section = try #require(page.components(between: ".Sh EXIT STATUS", and: ".Sh "))
    for code in ExitCode.allCases {
      #expect(section.contains(".It \(code.rawValue)\n"), "\(code)")
      #expect(section.contains(code.meaning), "\(code)")
    }
    #expect(section.split(separator: "\n").count { $0.hasPrefix(".It ") } == ExitCode.allCases.count)
  }

  @Test func `a rejection is reported in two lines`() {
    #expect(
      Rejection.lostRace("x").report
        == "kv: error: x [2]\nkv: hint: somebody else was faster; fetch and build the transaction again\n")
    #expect(Rejection.noSuchKey("x").report == "kv: error: x [1]\n")
  }

  @Test func `foreign text cannot forge a line or a code`() {
    #expect("a\n[0]\u{1b}".quoted == "'a\u{fffd}[0]\u{fffd}'")
  }
}

extension String {
  fileprivate func components(between start: String, and end: String) -> String? {
    guard let from = range(of: start) else { return nil }
    let rest = self[from.upperBound...]
    guard let to = rest.range(of: end) else { return String(rest) }
    return String(rest[..<to.lowerBound])
  }

  // The standard library's search; Foundation is not imported for one.
  private func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}

extension Substring {
  fileprivate func range(of text: String) -> Range<Substring.Index>? { firstRange(of: text) }
}
