import KVShared
import Testing

private let blob = ObjectID(String(repeating: "1", count: 40))!

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func rawTree(_ entries: [(mode: String, name: String)]) -> [UInt8] {
  entries.flatMap { bytes("\($0.mode) \($0.name)\0") + [UInt8](repeating: 0x11, count: 20) }
}

struct TreeTests {
  @Test func `a tree comes back from its bytes`() throws {
    let entries = [
      TreeEntry(name: bytes("a"), isTree: false, id: blob), TreeEntry(name: bytes("a-b"), isTree: false, id: blob),
      TreeEntry(name: bytes("b"), isTree: true, id: blob), TreeEntry(name: bytes("b0"), isTree: false, id: blob),
    ]
    #expect(try Tree.parse(Tree.serialize(entries), .sha1) == entries)
  }

  // git sorts a directory as if its name ended in a slash.
  @Test func `a directory sorts behind a file whose name goes on below a slash`() {
    let file = TreeEntry(name: bytes("b.ref"), isTree: false, id: blob)
    let directory = TreeEntry(name: bytes("b"), isTree: true, id: blob)
    #expect(TreeEntry.precedes(file, directory))
  }

  @Test(arguments: [
    [("100755", "a")], [("120000", "a")], [("160000", "a")], [("040000", "a")], [("100664", "a")], [("100644", "")],
    [("100644", "b"), ("100644", "a")], [("100644", "a"), ("100644", "a")],
  ])
  func `other modes, empty names, wrong order and doubles are refused`(entries: [(String, String)]) {
    #expect(throws: Tree.Fault.self) { try Tree.parse(rawTree(entries.map { (mode: $0.0, name: $0.1) }), .sha1) }
  }

  @Test func `a tree that is cut short is refused`() {
    let whole = rawTree([(mode: "100644", name: "a")])
    for count in 1..<whole.count {
      #expect(throws: Tree.Fault.self) { try Tree.parse(Array(whole.prefix(count)), .sha1) }
    }
  }

  // git hash-object -t tree /dev/null
  @Test func `the empty tree has git's ids`() {
    #expect(ObjectFormat.sha1.emptyTree.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    #expect(ObjectFormat.sha256.emptyTree.hex == "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321")
  }
}

struct CommitTests {
  private static let head = "tree \(blob)\nparent \(blob)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n"

  @Test func `a signed commit gives back what was signed`() throws {
    let payload = Commit.payload(
      tree: blob, parent: blob, author: "A <a@b> 1 +0000", committer: "A <a@b> 1 +0000", message: "s\n")
    #expect(payload == bytes(Self.head + "\ns\n"))
    let signed = Commit.signed(payload, signature: bytes("-----BEGIN\nx\n-----END\n"), .sha1)
    let commit = try Commit(id: blob, bytes: signed)
    #expect(commit.signedPayload == payload)
    #expect(commit.signature == bytes("-----BEGIN\nx\n-----END"))
    #expect(commit.parents == [blob])
    #expect(commit.message == "s\n")
  }

  @Test(arguments: [
    "encoding latin1\n", "mergetag x\n", "gpgsig a\ngpgsig b\n", "gpgsig-sha256 a\n", "tree \(blob)\n", "x\n",
    "author B <b@c> 1 +0000\n",
  ])
  func `a header that is not ours is refused`(extra: String) {
    #expect(throws: Rejection.self) { try Commit(id: blob, bytes: bytes(Self.head + extra + "\ns\n")) }
  }

  @Test func `a message that is not UTF-8 is refused`() {
    #expect(throws: Rejection.self) { try Commit(id: blob, bytes: bytes(Self.head + "\n") + [0xff]) }
  }
}

struct TrailerTests {
  @Test func `the last paragraph is the trailers`() throws {
    let block = try #require(TrailerBlock(message: "subject\n\nbody: x\n\nA: 1\nB-c: two words\n"))
    #expect(block.text == "subject\n\nbody: x")
    #expect(block.trailers == [Trailer(name: "A", value: "1"), Trailer(name: "B-c", value: "two words")])
    #expect(block.message == "subject\n\nbody: x\n\nA: 1\nB-c: two words\n")
  }

  @Test(arguments: [
    "A: 1\n", "s\n\nA: 1", "s\n\nA:1\n", "s\n\nA: \n", "s\n\nA: 1\n continued\n", "s\n\nA b: 1\n", "s\n\nA: 1\n\n",
    "\n\nA: 1\n",
    "s\n\nA:  1\n", "s\n\nA: 1 \n", "s\n\n1A: 1\n", "",
  ])
  func `anything else is no transaction message`(message: String) {
    #expect(TrailerBlock(message: message) == nil)
  }

  @Test(arguments: ["KV-NS: x", "kv-txn: x", "Base-tree: x", "EPOCH: x", "nonsense", "A:b", "Keys-Set: 1"])
  func `a user's trailer is well-formed and not one of ours`(line: String) {
    #expect(throws: Rejection.self) { try Trailer(userLine: line) }
  }
}

struct RecordTests {
  @Test func `a pointer is spelled canonically`() throws {
    let meta = try Metadata(
      ctype: "text/plain", etag: ETag("blake3:" + String(repeating: "a", count: 64))!, createdBy: "d@e",
      createdAt: Timestamp("2026-11-23T10:00:00Z")!, ttl: nil)
    let text = String(
      decoding: CanonicalJSON.encode(Pointer(inline: try Key("a/\"ü"), blob: blob, size: 3, meta: meta)), as: UTF8.self)
    #expect(
      text
        == #"{"ctype":"text/plain","etag":"blake3:\#(String(repeating: "a", count: 64))","key":"a/\"ü","ledger_blob":"\#(blob)","manifest_blob":null,"size":3,"type":"inline","v":1}"#
        + "\n")
    #expect(
      String(decoding: CanonicalJSON.encode(Pointer(tombstone: try Key("a"))), as: UTF8.self)
        == #"{"key":"a","ledger_blob":null,"manifest_blob":null,"size":0,"type":"deleted","v":1}"# + "\n")
  }

  private static let etag = "blake3:" + String(repeating: "a", count: 64)
  private static let good =
    #"{"created_at":"2026-11-23T10:00:00Z","created_by":"d@e","ctype":"text/plain","etag":"\#(etag)","ttl":"2026-11-23T10:00:01Z","v":1}"#
    + "\n"

  @Test func `metadata comes back from canonical bytes`() throws {
    #expect(try Metadata(bytes(Self.good), key: Key("a")).ctype == "text/plain")
  }

  @Test(arguments: [
    (#""v":1"#, #""v":2"#), (#""v":1"#, #""v":1,"w":1"#), ("text/plain", ""), ("text/plain", "t\\u00e4"),
    ("blake3:a", "blake3:A"),
    ("10:00:01Z", "10:00:00Z"), ("10:00:01Z", "25:00:00Z"), ("d@e", ""), ("\n", ""), (",", ", "), ("d@e", "d\\u0001e"),
  ])
  func `metadata that is spelled or filled otherwise is refused`(part: String, other: String) {
    var text = Self.good
    text.replace(part, with: other, maxReplacements: 1)
    #expect(throws: Rejection.self) { try Metadata(bytes(text), key: Key("a")) }
  }

  @Test func `an etag names a known algorithm and has its length`() {
    #expect(ETag(Self.etag) != nil)
    #expect(ETag("blake2b:" + String(repeating: "0", count: 128)) != nil)
    for bad in [
      "blake3:aa", "md5:" + String(repeating: "a", count: 64), "blake2b:" + String(repeating: "0", count: 64), "blake3",
    ] {
      #expect(ETag(bad) == nil)
    }
    // printf abc | b3sum; printf abc | b2sum
    #expect(
      ETag(of: bytes("abc"), .blake3).text == "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")
    #expect(ETag(of: bytes("abc"), .blake2b).text.hasPrefix("blake2b:ba80a53f981c4d0d"))
  }
}
