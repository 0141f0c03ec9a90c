import KVShared
import Testing

struct NamesTests {
  @Test(arguments: [
    ("abc", "abc"), ("user:42", "user%3A42"), ("a.b", "a%2Eb"), ("..", "%2E%2E"), (".git", "%2Egit"), ("a/b", "a%2Fb"),
    ("ü", "%C3%BC"), ("A-z_0", "A-z_0"), ("100%", "100%25"), (" ", "%20"),
  ])
  func `a key's file name is its percent-encoding and comes back`(key: String, name: String) throws {
    #expect(try Key(key).encoded == Array(name.utf8))
    #expect(PercentEncoding.decode(Array(name.utf8)) == Array(key.utf8))
  }

  @Test(arguments: ["a.b", "%3a", "%41", "%", "%4", "a b", "%GG", "ü"])
  func `no other spelling of a file name is taken`(name: String) {
    #expect(PercentEncoding.decode(Array(name.utf8)) == nil)
  }

  @Test(
    arguments: [
      [], [0x00], [0x1f], [0x7f], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], Array(repeating: 0x61, count: 1025),
    ] as [[UInt8]])
  func `a key that breaks a rule is invalid`(bytes: [UInt8]) {
    #expect(throws: Rejection.self) { try Key(bytes: bytes) }
  }

  @Test func `a key of 1024 bytes is valid, and C1 controls are`() throws {
    #expect(try Key(bytes: Array(repeating: 0x61, count: 1024)).bytes.count == 1024)
    #expect(try Key("\u{85}").bytes == [0xc2, 0x85])
  }

  // printf abc | sha256sum: ba7816bf…
  @Test func `the shard is the head of the key's SHA-256`() throws {
    #expect(try Key("abc").shard == (0xba, 0x78))
  }

  @Test(arguments: ["", "Main", "-a", "a.b", "a/b", "a@b", String(repeating: "a", count: 65)])
  func `a malformed namespace is none`(name: String) {
    #expect(Namespace(name) == nil)
  }

  @Test(arguments: [
    ("refs/kv/main", true), ("refs/kv-index/a_b-1", true), ("refs/kv-chunks/main@2026Q4", true),
    ("refs/kv-epoch/main", true), ("refs/kv-archive/main@e1", true), ("refs/kv-watchlog/main@e1", true),
    ("refs/kv-mirror/main", true), ("refs/kv/main@x", false), ("refs/kv-chunks/main", false), ("refs/kv/Main", false),
    ("refs/kv/a/b", false), ("refs/kv-foo/main", false), ("refs/kv", false), ("refs/kv-chunks/main@a@b", false),
  ])
  func `refs of ours parse and print back, others below refs kv are malformed`(name: String, isOurs: Bool) {
    switch RefName(name) {
    case .kv(let ref):
      #expect(isOurs)
      #expect(ref.description == name)
    case .malformedKV: #expect(!isOurs)
    case .other: Issue.record("\(name) is not foreign")
    }
  }

  @Test func `branches and tracking refs are foreign`() {
    #expect(RefName("refs/heads/main") == .other("refs/heads/main"))
    #expect(RefName("refs/kv-tracking/mirror/kv/main") == .other("refs/kv-tracking/mirror/kv/main"))
  }

  @Test(arguments: ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z", "2000-03-01T12:00:00Z"])
  func `instants parse and print back`(text: String) {
    #expect(Timestamp(text)?.description == text)
  }

  @Test func `an instant counts seconds`() {
    #expect(Timestamp("2026-11-23T10:00:00Z")?.seconds == 1_795_428_000)
    #expect(Timestamp("2026-11-23T10:00:00Z")?.quarter == "2026Q4")
  }

  @Test(arguments: [
    "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "1969-12-31T23:59:59Z", "2026-1-1T00:00:00Z", "",
  ])
  func `an instant that does not exist or is spelled otherwise is none`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `a transaction id is a ULID`() {
    let id = TransactionID(milliseconds: 1_469_918_176_385, random: (0, 0))
    #expect(id.text == "01ARYZ6S410000000000000000")
    #expect(TransactionID(id.text) == id)
    #expect(id.milliseconds == 1_469_918_176_385)
    for bad in [
      "01ARYZ6S41000000000000000", "81ARYZ6S410000000000000000", "01aryz6s410000000000000000",
      "01ARYZ6S41000000000000000U",
    ] {
      #expect(TransactionID(bad) == nil)
    }
    #expect(TransactionID.fresh() != TransactionID.fresh())
  }

  @Test func `object ids are 40 or 64 lower-case digits and never zero`() {
    let hex = String(repeating: "0123456789abcdef", count: 4)
    #expect(ObjectID(hex)?.hex == hex)
    #expect(ObjectID(String(hex.prefix(40)))?.hex == String(hex.prefix(40)))
    for bad in [String(hex.prefix(39)), String(repeating: "0", count: 40), hex.uppercased(), hex + "00"] {
      #expect(ObjectID(bad) == nil)
    }
    #expect(OldValue(hex: Array(String(repeating: "0", count: 64).utf8)) == .absent)
  }

  @Test func `a hook's input is parsed strictly`() throws {
    let a = String(repeating: "1", count: 40)
    let zero = String(repeating: "0", count: 40)
    let updates = try RefUpdate.parse(Array("\(zero) \(a) refs/kv/main\n".utf8))
    #expect(
      updates == [
        RefUpdate(ref: .kv(.ledger(Namespace("main")!)), old: .absent, new: .present(ObjectID(a)!), format: .sha1)
      ])
    for bad in ["\(a) refs/kv/main", "x \(a) refs/kv/main", "\(zero) \(a) ", "\(zero) \(a) r\n\(zero) \(a) r"] {
      #expect(throws: Rejection.self) { try RefUpdate.parse(Array(bad.utf8)) }
    }
  }
}
