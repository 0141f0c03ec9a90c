import Testing

/// `git kv` as people use it, over both transports and in both object formats.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ClientStories {
  @Test(arguments: Way.all) func aDay(_ way: Way) throws {
    let world = try World(way)
    let clone = try world.clone("w")
    try Files.write(
      clone.repo.path + "/batch.jsonl",
      """
      {"op":"set","key":"user:1","value":"{\\"name\\":\\"Ann\\"}","ctype":"application/json"}
      {"op":"set","key":"user:2","value_b64":"AAECAw=="}
      {"op":"set","key":"user:3","file":"batch.jsonl"}
      {"op":"del","key":"cfg:a"}

      """)
    var story = Transcript(clone)
    for line in Self.lines { try story.run(line) }
    #expect(story.text == Self.transcript)
    #expect(try world.broken() == [])
    #expect(try world.gate.repo.id("refs/kv/main") == clone.repo.id("refs/kv/main"))
  }

  private static let lines = [
    "git kv init --epoch 2026Q4", "git kv push", "git kv set cfg:a one", "git kv get cfg:a",
    "git kv get cfg:a --read-from=stargate --raw", "printf 'from\\nstdin' | git kv set cfg:b - --ctype text/x",
    "git kv --json get cfg:b", "git kv mset --file batch.jsonl", "git kv list", "git kv list --prefix user:2 --json",
    "git kv list --long", "git kv get cfg:a", "git kv --json get cfg:a", "git kv del cfg:a",
    "git kv cas set cfg:b two --expect-tree $(git rev-parse refs/kv/main~1^{tree})",
    "git kv cas set cfg:b two --expect-tree $(git rev-parse refs/kv/main^{tree})", "git kv --ns nobody list",
    "git kv set cfg:off x --no-push",
    "git kv get cfg:off --read-from=stargate", "git kv push", "git kv get cfg:off --read-from=stargate", "git kv push",
    "git kv frob",
  ]

  private static let transcript = """
    $ git kv init --epoch 2026Q4
    [main TXN] set 0, deleted 0; ledger ID (not pushed)
    wrote .kv/policy.yaml: read it, then commit it
    $ git kv push
    pushed up to TXN
    $ git kv set cfg:a one
    [main TXN] set 1, deleted 0; ledger ID
    $ git kv get cfg:a
    one
    $ git kv get cfg:a --read-from=stargate --raw
    one
    $ printf 'from\\nstdin' | git kv set cfg:b - --ctype text/x
    [main TXN] set 1, deleted 0; ledger ID
    $ git kv --json get cfg:b
    {"blob":"ID","created_at":"TIME","created_by":"dev@example.org","ctype":"text/x","etag":"blake3:HASH",\
    "key":"cfg:b","ledger":"ID","size":10,"tree":"ID","type":"inline","value":"from\\nstdin"}
    $ git kv mset --file batch.jsonl
    [main TXN] set 3, deleted 1; ledger ID
    $ git kv list
    cfg:b
    user:1
    user:2
    user:3
    $ git kv list --prefix user:2 --json
    {"ctype":"application/octet-stream","etag":"blake3:HASH","key":"user:2","ledger_blob":"ID","manifest_blob":null,\
    "size":4,"type":"inline","v":1}
    $ git kv list --long
    10\ttext/x\t-\tcfg:b
    14\tapplication/json\t-\tuser:1
    4\tapplication/octet-stream\t-\tuser:2
    211\ttext/plain\t-\tuser:3
    $ git kv get cfg:a
    ! kv: error: no such key: 'cfg:a' [1]
    = 1
    $ git kv --json get cfg:a
    {"error":{"code":1,"message":"no such key: 'cfg:a'"}}
    ! kv: error: no such key: 'cfg:a' [1]
    = 1
    $ git kv del cfg:a
    ! kv: error: no such key: 'cfg:a' [1]
    = 1
    $ git kv cas set cfg:b two --expect-tree $(git rev-parse refs/kv/main~1^{tree})
    ! kv: error: the ledger tree is not ID [2]
    ! kv: hint: current tree ID, current blob ID; read again and decide anew
    = 2
    $ git kv cas set cfg:b two --expect-tree $(git rev-parse refs/kv/main^{tree})
    [main TXN] set 1, deleted 0; ledger ID
    $ git kv --ns nobody list
    $ git kv set cfg:off x --no-push
    [main TXN] set 1, deleted 0; ledger ID (not pushed)
    $ git kv get cfg:off --read-from=stargate
    ! kv: error: no such key: 'cfg:off' [1]
    = 1
    $ git kv push
    pushed up to TXN
    $ git kv get cfg:off --read-from=stargate
    x
    $ git kv push
    everything up to date
    $ git kv frob
    ! kv: error: unknown command 'frob' [64]
    ! kv: hint: see 'git kv --help'
    = 64

    """

  static let values: [String: [UInt8]] = [
    "empty": [], "newline": [10], "no newline": Array("x".utf8), "lines": Array("a\nb\r\nc\n\n".utf8), "nul": [0],
    "all bytes": (0...255).map { UInt8($0) }, "no UTF-8": [0xff, 0xfe, 0x80], "dash": Array("-".utf8),
    "leading dash": Array("--help".utf8), "quotes": Array(#"" ' \ $(x) `y`"#.utf8),
    "large": (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) },
    "like a ref": Array("refs/kv/main".utf8), "byte order mark": Array("\u{feff}x".utf8),
  ]

  /// Every value comes back byte by byte, from us and from plain git.
  @Test(arguments: [Way(format: .sha1, transport: .path), Way(format: .sha256, transport: .ssh)])
  func values(_ way: Way) throws {
    let world = try World(way)
    let clone = try world.start()
    for (name, bytes) in Self.values.sorted(by: { $0.key < $1.key }) {
      let key = "cfg:\(name)"
      let set = try clone.kv(["set", key, "-"], bytes)
      #expect(set.ok, "\(name): \(set.errors)")
      #expect(try clone.kv("get", key, "--raw").out == bytes, "\(name)")
      #expect(try clone.kv("get", key, "--read-from=stargate").out == bytes, "\(name)")
      let path = Names.data("main", Array(key.utf8))
      #expect(try clone.repo.git("show", "refs/kv/main:\(path)").out == bytes, "\(name)")
      let json = try clone.json("get", key)
      #expect(json["size"]?.int == bytes.count, "\(name)")
      #expect((json["value"] != nil) != (json["value_b64"] != nil), "\(name)")
    }
    #expect(try world.broken() == [])
  }

  /// A value given as text, as a file, by flag; a flag says outright what it is.
  @Test func waysToGiveAValue() throws {
    let world = try World()
    let clone = try world.start()
    try Files.write(clone.repo.path + "/f.txt", "in the file\n")
    try clone.must("set", "a", "f.txt")
    try clone.must("set", "b", "--value", "f.txt")
    try clone.must("set", "c", "--file", "f.txt")
    try clone.must("set", "d", "--value=-")
    try clone.must("set", "e", "no such file")
    let all = try ["a", "b", "c", "d", "e"].map { try clone.kv("get", $0).text }
    #expect(all == ["in the file\n", "f.txt", "in the file\n", "-", "no such file"])
  }

  @Test(arguments: [Way(format: .sha256, transport: .path), Way(format: .sha1, transport: .ssh)])
  func keys(_ way: Way) throws {
    let world = try World(way)
    let clone = try world.start()
    let keys = [
      "a", "ab", "abc", ".git", "..", "../../x", "x.ref", "x.meta", "key with spaces", "%41", "\"quoted\"", "\\", "~",
      "caf\u{e9}", "cafe\u{301}", "ключ", "鍵", "🔑", "--", String(repeating: "k", count: 1024),
    ]
    let batch = keys.map { JSON.object(["op": .string("set"), "key": .string($0), "value": .string($0)]).text + "\n" }
    try clone.must("mset", "--file", "-", input: batch.joined())
    for key in keys where key != "--" { #expect(try clone.kv("get", key, "--offline").text == key, "\(key)") }
    #expect(try clone.kv("get", "--offline", "--", "--").text == "--")
    let listed = try clone.kv("list", "--offline").text.split(separator: "\n").map { Array($0.utf8) }
    #expect(listed == keys.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(try clone.must("list", "--offline", "--prefix", "x.") == "x.meta\nx.ref")
    #expect(try world.broken() == [])
  }

  /// Over the burst limit and back in lists, with deletions, in one transaction and in several.
  @Test func aFolderThatBursts() throws {
    let world = try World()
    let clone = try world.start()
    func lines(_ range: Range<Int>, _ op: String) -> String {
      range.map { #"{"op":"\#(op)","key":"user:\#($0)"\#(op == "set" ? #","value":"\#($0)""# : "")}"# + "\n" }.joined()
    }
    try clone.must("mset", "--file", "-", input: lines(0..<256, "set"))
    #expect(try world.broken() == [])
    try clone.must("set", "user:256", "x")
    #expect(try world.broken() == [])
    try clone.must("mset", "--file", "-", input: lines(10..<250, "del") + lines(1000..<1200, "set"))
    #expect(try world.broken() == [])
    #expect(try clone.must("list", "--prefix", "user:").split(separator: "\n").count == 256 - 240 + 1 + 200)
    #expect(try clone.must("list", "--prefix", "user:10").split(separator: "\n").count == 100)
  }
}
