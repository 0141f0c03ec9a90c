import Testing

/// A store written to a file and read again is the same store.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct SnapshotStories {
  /// Text and bytes, none and many, in one piece and in chunks, and what JSON has to escape.
  static let values: [String: Bytes] = [
    "cfg:text": Bytes("plain".utf8), "cfg:none": [], "cfg:odd": Bytes("\n\"\\/\u{0}\u{1f}\u{7f}\u{2028}\u{feff}é".utf8),
    "cfg:bytes": Bytes((0..<50).map { UInt8($0 * 5) }), "é/ü": Bytes("clé".utf8), "cfg": Bytes("short".utf8),
    "cfg:large": Bytes(noise: 20_000), "cfg:long": Bytes(String(repeating: "text ", count: 60).utf8),
  ]

  /// A clone with these values; one of them is to expire.
  static func filled(_ world: World) throws -> Clone {
    let clone = try world.begin()
    for (key, value) in values { try clone.set(key, value, "--no-push") }
    try clone.must("set", "cfg:ttl", "x", "--ttl", "2999-01-01T00:00:00Z")
    return clone
  }

  private static func trees(_ repo: Repo) throws -> [String] {
    try ["kv", "kv-index"].map { try repo.must("rev-parse", "refs/\($0)/main^{tree}") }
  }

  /// A repository of the same policy in which nothing has begun.
  private static func empty(_ world: World, _ name: String) throws -> Clone {
    let clone = try world.policed(name)
    try clone.repo.must("remote", "remove", "origin")
    return clone
  }

  @Test(arguments: ObjectFormat.allCases) func thereAndBack(_ format: ObjectFormat) throws {
    let way = Way(format: format, transport: .path)
    let world = try World.large(way)
    let clone = try Self.filled(world)
    let (file, folder) = (clone.path("all"), clone.path("values"))
    let report = try clone.json("snapshot", "--export", file)
    let bytes = try Bytes(file: file)
    #expect(report["keys"]?.int == Self.values.count + 1 && report["bytes"]?.int == bytes.count)
    #expect(try clone.kv("snapshot", "--export", "-", "--offline").out == bytes.all)

    // Into nothing, in one transaction, and out again.
    let second = try Self.empty(world, "second")
    #expect(try second.json("import", file)["set"]?.int == Self.values.count + 1)
    #expect(try Self.trees(second.repo) == Self.trees(clone.repo))
    #expect(try second.kv("snapshot", "--export", "-").out == bytes.all)
    #expect(try second.must("import", file, "--replace") == "nothing to do")

    // With the values in chunks beside it, in a row of transactions, to a Stargate that looks at every byte.
    let apart = try clone.kv("snapshot", "--export", "-", "--values-dir", folder)
    #expect(Set(Files.tree(folder).map { Files.size("\(folder)/\($0)") }) == [20_000, 300])
    #expect(apart.out.count < 6000)
    #expect(try clone.kv("snapshot", "--export", "-", "--values-dir", folder).out == apart.out)
    let other = try World.large(way, policy: SmallChunks.policy("fastcdc", "verify: deep"))
    let third = try other.policed("third")
    let row = try third.kv(["import", "-", "--json", "--batch", "2", "--values-dir", folder], apart.out)
    #expect(
      row.ok && JSON(row.text)?["transactions"]?.int == 5 && JSON(row.text)?["pushed"]?.bool == true, "\(row.errors)")
    #expect(try Self.trees(other.gate.repo) == Self.trees(clone.repo))
    try other.expect(Self.values.merging(["cfg:ttl": Bytes("x".utf8)]) { first, _ in first })

    // A repository of the other format takes the values, under ids of its own.
    let foreign = try World.large(Way(format: format == .sha1 ? .sha256 : .sha1, transport: .path))
    let fourth = try Self.empty(foreign, "fourth")
    try fourth.must("import", file)
    for (key, value) in Self.values { #expect(try fourth.value(key) == value, "\(key)") }
    #expect(try Invariants.broken(fourth.repo, format: foreign.format) == [])
  }

  @Test func aStoreGoesBackToWhatItWas() throws {
    let world = try World.large()
    let clone = try Self.filled(world)
    let file = clone.path("all")
    try clone.must("snapshot", "--export", file)
    let tree = try clone.repo.must("rev-parse", "refs/kv/main^{tree}")
    let then = try clone.repo.must("rev-parse", "refs/kv/main")
    try clone.must("del", "cfg:text", "cfg:large")
    try clone.must("set", "cfg:more", "1")
    try clone.must("set", "cfg:bytes", "other")
    #expect(try clone.kv("snapshot", "--export", "-", "--at", then).out == Files.read(file))
    let some = try clone.must("snapshot", "--export", "-", "--prefix", "cfg:b").split(separator: "\n")
    #expect(some.count == 3 && some[0].contains(#""prefix":"cfg:b""#) && !some[2].contains("content"))

    let dry = try clone.json("import", file, "--replace", "--dry-run")
    #expect(["set", "del", "unchanged"].map { dry[$0]?.int } == [3, 1, 6])
    #expect(try clone.json("import", file, "--dry-run")["del"]?.int == 0)
    #expect(try clone.repo.must("rev-parse", "refs/kv/main^{tree}") != tree)
    // A copy of the store is left as it was, and adds what it lacks.
    let pending = try clone.must(
      "import", file, "--no-push", "--batch", "2", "--message", "back", "--trailer", "Why: x")
    #expect(pending.contains("set 3, deleted 0 in 2 transactions") && pending.hasSuffix("(not pushed)"))
    #expect(try clone.repo.must("log", "-2", "--format=%s %(trailers:key=Why)", "refs/kv/main").contains("back Why: x"))
    #expect(try clone.must("get", "cfg:more", "--offline") == "1")
    // Somebody else is faster, and has changed what would have been left alone.
    let rival = try world.policed("rival")
    try rival.must("set", "cfg:odd", "theirs")
    try rival.must("set", "cfg:new", "theirs")
    let landed = try clone.json("import", file, "--replace", "--batch", "3")
    #expect(landed["pushed"]?.bool == true && landed["tries"]?.int == 2 && landed["tree"]?.string == tree)
    #expect(try world.gate.repo.must("rev-parse", "refs/kv/main^{tree}") == tree)
    #expect(try world.broken() == [])
  }

  @Test func whatHasExpiredIsNotThere() throws {
    let world = try World.large()
    var clone = try Self.filled(world)
    clone.env["KV_NOW"] = "2999-01-01T00:00:00Z"
    let without = try clone.kv("snapshot", "--export", "-", "--offline")
    #expect(!without.text.contains("cfg:ttl") && !without.text.contains("content"))
    let with = try clone.kv("snapshot", "--export", "-", "--offline", "--include-expired")
    #expect(with.text.contains("cfg:ttl") && with.text.contains("content"))
    let copy = try Self.empty(world, "copy")
    #expect(try copy.kv(["import", "-"], without.out).ok)
    #expect(try copy.kv("snapshot", "--export", "-").out.count > without.out.count, "it is whole there")
  }

  /// More keys than are worked on at once.
  @Test func manyKeys() throws {
    let world = try World.large()
    func lines(_ keys: some Sequence<String>) -> [UInt8] {
      Array(keys.map { #"{"op":"set","key":"\#($0)","value":"of \#($0)"}"# + "\n" }.joined().utf8)
    }
    let full = try Self.empty(world, "full")
    try #require(try full.kv(["mset", "--file", "-"], lines((0..<30_000).map { "k\($0)" })).ok)
    let (file, part) = (full.path("all"), full.path("part"))
    try full.must("snapshot", "--export", file)
    try full.must("snapshot", "--export", part, "--prefix", "k1")

    let second = try Self.empty(world, "second")
    try second.must("import", file)
    #expect(try Self.trees(second.repo) == Self.trees(full.repo))
    #expect(try second.kv("snapshot", "--export", "-").out == Files.read(file))

    // Into a store that has a part of them, and others.
    let third = try Self.empty(world, "third")
    try third.must("import", part)
    let others = (0..<500).map { "x:\($0)" } + ["k2", "k29999"]
    try #require(try third.kv(["mset", "--file", "-"], lines(others)).ok)
    let report = try third.json("import", file, "--replace")
    #expect(report["set"]?.int == 30_000 - 11_111 && report["del"]?.int == 500)
    #expect(try Self.trees(third.repo)[0] == Self.trees(full.repo)[0])
    #expect(try third.kv("verify", "--all").ok)
    #expect(try third.must("import", file, "--replace") == "nothing to do")
  }
}
