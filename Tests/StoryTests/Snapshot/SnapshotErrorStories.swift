import Testing

/// A snapshot that is not whole changes nothing, wherever it was cut and whatever was changed in it.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct SnapshotErrorStories {
  /// What is done to a snapshot, and what is said to it.
  private typealias Damage = (name: String, code: Int32, says: String, from: String, to: String)

  /// Lines: 1 the first, 2 `cfg`, 3 `cfg:bytes`, 4 `cfg:large` and 81 or so chunks.
  private static let damages: [Damage] = [
    ("another kind of file", 8, "all:1: this is not the first line", "git-kv snapshot", "git-kv batch"),
    ("a later version", 8, "all:1: unknown version 2", #""v":1}"#, #""v":2}"#),
    ("another namespace", 64, "is of namespace 'mine'", #""ns":"main""#, #""ns":"mine""#),
    ("a malformed namespace", 8, "all:1: malformed", #""ns":"main""#, #""ns":"Main""#),
    ("another size", 8, "all:2: the value has 5 bytes, not 6", #""size":5,"#, #""size":6,"#),
    ("another value", 8, "all:2: the etag", #":"short""#, #":"shore""#),
    ("no etag", 8, "all:2: malformed etag", "blake3:", "blake4:"),
    ("no time", 8, "all:2: malformed etag or created_at", #""created_at":"2"#, #""created_at":"0"#),
    ("no media type", 8, "all:2: metadata: ctype", "text/plain", ""),
    ("an unknown field", 8, "all:2: this is not a line", #""key":"cfg","#, #""key":"cfg","kez":1,"#),
    ("another spelling", 8, "all:2: this is not a line", #""key":"cfg","#, #""key": "cfg","#),
    ("a key that is none", 8, "all:2: key is empty", #""key":"cfg","#, #""key":"","#),
    ("a key out of order", 8, "all:3: key 'cfg:bytes' is doubled", #""key":"cfg","#, #""key":"d","#),
    ("a key twice", 8, "all:3: key 'cfg:bytes' is doubled", #""key":"cfg","#, #""key":"cfg:bytes","#),
    ("no base 64", 8, "all:3: value_b64", #""value_b64":"A"#, #""value_b64":"!"#),
    ("two values", 8, "all:3: a key has one of", #""value_b64":"#, #""value":"x","value_b64":"#),
    ("another number of chunks", 8, "is not", #""chunked":"#, #""chunked":1"#),
    ("another way to cut", 8, "the manifest of 'cfg:large'", #""avg":256"#, #""avg":16"#),
    ("no way to cut", 8, "all:4: a value in chunks says", "fastcdc", "fastcd"),
    ("chunks out of order", 8, "all:5: this is not the line of chunk 0", #""i":0}"#, #""i":1}"#),
    ("a chunk without bytes", 8, "all:5: this is not the line of chunk 0", #"{"data_b64":"#, #"{"data_b65":"#),
    ("another count", 8, "the last line says 10 keys", #""count":9"#, #""count":10"#),
    ("another digest", 8, "the digest is not", #""digest":"blake3:"#, #""digest":"blake3:0"#),
    ("no end", 8, "ends here, without its last line", "{\"content", "\u{0}"),
    ("more behind the end", 8, "there is more after", "\"end\":true}\n", "\"end\":true}\n{}\n"),
  ]

  @Test func nothingMoves() throws {
    let world = try World.large()
    let clone = try SnapshotStories.filled(world)
    let file = clone.path("all")
    try clone.must("snapshot", "--export", file)
    let good = try Files.read(file)
    let text = String(decoding: good, as: UTF8.self)
    try clone.must("set", "cfg:text", "changed")
    let before = try (CloneState(clone), Snapshot(world.gate))
    func refuses(_ name: String, _ bytes: [UInt8], _ codes: Set<Int32>, _ says: String, _ more: String...) throws {
      try Files.write(file, bytes)
      let outcome = try clone.kv(["import", "--replace", file] + more, [])
      #expect(codes.contains(outcome.status) && outcome.errors.contains(says), "\(name): \(outcome.errors)")
    }
    for damage in Self.damages {
      guard let place = text.firstRange(of: damage.from) else { throw Broken("nothing to damage: \(damage.name)") }
      let rest = damage.to == "\u{0}" ? "" : damage.to + text[place.upperBound...]
      let bad = text[..<place.lowerBound] + rest
      try refuses(damage.name, Array(bad.utf8), [damage.code], damage.says)
    }
    // Cut anywhere, and one bit turned anywhere.
    for step in 0..<12 {
      let at = good.count * step / 12 + step
      try refuses("cut at \(at)", Array(good[..<at]), [8], ":")
      var bad = good
      bad[at] ^= 1
      // A name of another namespace is still a name.
      try refuses("turned at \(at)", bad, [8, 64], "")
    }
    try refuses("its last byte gone", Array(good.dropLast()), [8], "the file ends within this line")
    for at in (good.count - 100)..<good.count where at % 12 == 0 {
      var bad = good
      bad[at] ^= 2
      try refuses("turned at \(at)", bad, [8], "")
    }
    // What is right may still be against the rules here.
    let rules = "\(clone.repo.path)/.kv/policy.yaml"
    let policy = try Files.read(rules)
    try Files.write(rules, SmallChunks.policy("fastcdc", "allowed_prefixes: [\"cfg\"]"))
    try refuses("a prefix that is not allowed", good, [3], ": key 'é/ü' has no allowed prefix")
    try Files.write(rules, policy)
    #expect(try CloneState(clone).changes(since: before.0) == [])
    #expect(try Snapshot(world.gate).changes(since: before.1) == [])
    try Files.write(file, good)
    #expect(try clone.must("import", "--replace", file).contains("set 1, deleted 0"))
  }

  @Test func filesOfValues() throws {
    let world = try World.large()
    let clone = try SnapshotStories.filled(world)
    let (file, folder) = (clone.path("all"), clone.path("values"))
    try clone.must("snapshot", "--export", file, "--values-dir", folder)
    let name = try #require(Files.tree(folder).first { Files.size("\(folder)/\($0)") == 20_000 })
    let bytes = try Files.read("\(folder)/\(name)")
    try clone.must("del", "cfg:large")
    let before = try CloneState(clone)
    func refuses(_ code: Int32, _ says: String, _ arguments: String...) throws {
      let outcome = try clone.kv(arguments, [])
      #expect(outcome.status == code && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
    }
    try refuses(5, "--values-dir", "import", file)
    try Files.write("\(folder)/\(name)", Array(bytes.dropLast()))
    try refuses(8, "has fewer bytes", "import", file, "--values-dir", folder)
    try refuses(5, "holds other bytes", "snapshot", "--export", "-", "--values-dir", folder, "--at", "refs/kv/main~1")
    #expect(Files.size("\(folder)/\(name)") == 19_999)
    try Files.write("\(folder)/\(name)", bytes + [0])
    try refuses(8, "has more bytes", "import", file, "--values-dir", folder)
    Files.remove("\(folder)/\(name)")
    try refuses(5, name, "import", file, "--values-dir", folder)
    #expect(try CloneState(clone).changes(since: before) == [])
    // A failed export leaves the file that was there.
    let old = try Files.read(file)
    try refuses(5, "is not a regular file", "snapshot", "--export", folder)
    try refuses(64, "ledger of 'main'", "snapshot", "--export", file, "--at", "refs/kv-index/main")
    #expect(try Files.read(file) == old)
  }
}
