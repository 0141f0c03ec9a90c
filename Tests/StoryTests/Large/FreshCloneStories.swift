import Testing

/// A clone has the chunks that it has read, and no others.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct FreshCloneStories {
  private static let size = 200_000
  private static func value(_ i: Int) -> Bytes { Bytes(noise: size, seed: i) }

  /// Chunks of 4 KiB to 64 KiB, so that manifests are small beside the values.
  private static let policy = World.policy.replacing(
    "max_value_inline: 64KiB", with: "max_value_inline: 1KiB\n    chunking: {min: 4KiB, avg: 16KiB, max: 64KiB}")

  /// A Stargate with ten values of 200,000 bytes.
  private func tenValues(_ way: Way) throws -> World {
    let world = try World.large(way, policy: Self.policy)
    let clone = try world.begin()
    for i in 0..<10 { try Files.write(clone.path("v\(i)"), Self.value(i).all) }
    let lines = (0..<10).map { #"{"op":"set","key":"cfg:\#($0)","file":"../v\#($0)"}"# + "\n" }
    try clone.must("mset", "--file", "-", input: lines.joined())
    return world
  }

  @Test(arguments: Way.all) func oneOfTen(_ way: Way) throws {
    let world = try tenValues(way)
    var clone = try world.policed("fresh")
    let trace = try GitTrace(&clone)
    #expect(try clone.value("cfg:3") == Self.value(3))
    #expect(try trace.fetches() == ["refs", "chunks"])
    let held = clone.repo.storedBytes
    #expect(held >= Self.size && held < Self.size * 12 / 10, "\(held) bytes came")
    // Once more it needs nothing, and without a remote it needs nobody.
    #expect(try clone.value("cfg:3") == Self.value(3))
    #expect(try trace.fetches() == ["refs"])
    #expect(try clone.value("cfg:3", "--offline") == Self.value(3))
    #expect(try trace.fetches() == [])
    // Reading a second one brings that one alone.
    try clone.must("get", "cfg:4", "--output", clone.path("got"), "--read-from=stargate")
    #expect(try Bytes(file: clone.path("got")) == Self.value(4))
    #expect(try trace.fetches() == ["refs", "chunks"])
    #expect(clone.repo.storedBytes < Self.size * 23 / 10)
    let counted = try clone.must("--json", "verify", "--all").split(separator: "\n").last ?? ""
    #expect(counted == #"{"bytes":400000,"checked":10,"not_here":8,"wrong":0}"#, "\(counted)")
    // Git finds nothing odd in either repository.
    try clone.repo.must("fetch", "-q", "origin")
    #expect(try clone.repo.fsck() == nil)
    #expect(try clone.chunkHome.git("gc", "-q").ok && clone.repo.git("gc", "-q", "--prune=now").ok)
    #expect(try clone.value("cfg:3", "--offline") == Self.value(3))
    // What was only read is a cache: it may go, and comes again.
    #expect(try clone.chunkHome.git("gc", "-q", "--prune=now").ok)
    #expect(try clone.value("cfg:3") == Self.value(3))
  }

  /// A value that differs in one byte from one that is here: one chunk or two come over.
  @Test func whatIsHereIsNotAskedFor() throws {
    let world = try tenValues(Way(format: .sha1, transport: .path))
    var changed = Self.value(3)
    changed.all[100_000] ^= 1
    try world.policed("writer").set("cfg:new", changed)
    try world.gate.repo.must("gc", "-q", "--prune=now")
    let clone = try world.policed("fresh")
    #expect(try clone.value("cfg:3") == Self.value(3))
    let before = clone.repo.storedBytes
    #expect(try clone.value("cfg:new") == changed)
    #expect(clone.repo.storedBytes - before < 3 * 65_536 + 16_384)
  }

  @Test(arguments: Transport.allCases) func aRangeBringsWhatItTouches(_ transport: Transport) throws {
    let world = try tenValues(Way(format: .sha256, transport: transport))
    var clone = try world.policed("fresh")
    let trace = try GitTrace(&clone)
    let whole = Self.value(7)
    #expect(try clone.value("cfg:7", "--range=100000-100099") == whole[100_000..<100_100])
    #expect(try trace.fetches() == ["refs", "chunks"])
    #expect(clone.repo.storedBytes < 2 * 65_536 + 40_000, "\(clone.repo.storedBytes)")
    // The same chunk again, and no other.
    #expect(try clone.value("cfg:7", "--range=100000-100000", "--offline") == whole[100_000..<100_001])
    let outside = try clone.kv("get", "cfg:7", "--range=0-0", "--offline")
    #expect(outside.status == 5 && outside.errors.contains("chunk 0 of 'cfg:7'"), "\(outside.errors)")
  }

  /// Every way to write a range, over the borders of chunks, beside what the shell cuts out.
  @Test func ranges() throws {
    let world = try World.large()
    let clone = try world.begin()
    let whole = Bytes(noise: 3000)
    try clone.set("cfg:a", whole)
    try clone.set("cfg:inline", whole[0..<50])
    let sizes = try clone.repo.manifest("cfg:a", .sha1).chunks.map(\.size)
    let border = sizes[0]
    for (text, wanted) in [
      ("0-0", 0..<1), ("0-2999", 0..<3000), ("0-", 0..<3000), ("2999-", 2999..<3000), ("2999-2999", 2999..<3000),
      ("100-99999", 100..<3000), ("0-9223372036854775807", 0..<3000),
      ("\(border - 1)-\(border)", border - 1..<border + 1),
      ("\(border)-\(border)", border..<border + 1), ("0-\(border - 1)", 0..<border), ("-1", 2999..<3000),
      ("-20", 2980..<3000), ("-3000", 0..<3000), ("-99999", 0..<3000),
    ] {
      // The option and its value as two words, and as one.
      #expect(try clone.value("cfg:a", "--offline", "--range=\(text)") == whole[wanted], "\(text)")
      let two = try clone.kv("get", "cfg:a", "--offline", "--range", text)
      #expect(Bytes(two.out) == whole[wanted], "--range \(text): \(two.errors)")
    }
    #expect(try clone.value("cfg:inline", "--offline", "--range=49-") == whole[49..<50])
    #expect(try clone.value("cfg:inline", "--offline", "--range=10-19") == whole[10..<20])
    try clone.must("get", "cfg:a", "--range=5-9", "--output", clone.path("got"))
    #expect(try Bytes(file: clone.path("got")) == whole[5..<10])
  }

  /// Without its chunks a value cannot be read: what is missing is named, and no file appears.
  @Test func offlineWithoutChunks() throws {
    let world = try tenValues(Way(format: .sha1, transport: .path))
    let clone = try world.policed("fresh")
    try clone.must("list")
    try Files.write(clone.path("old"), "what was there")
    try world.box.untilQuiet()
    let before = Files.tree(world.box.root)
    let blobs = try clone.repo.manifest("cfg:3", .sha1).chunks.map(\.blob)
    for arguments in [[], ["--range=-1"], ["--output", clone.path("new")], ["--output", clone.path("old")]] {
      let outcome = try clone.kv(["get", "cfg:3", "--offline"] + arguments, [])
      #expect(outcome.status == 5 && outcome.out.isEmpty, "\(arguments): \(outcome.status)")
      let number = arguments.first == "--range=-1" ? blobs.count - 1 : 0
      #expect(
        outcome.errors.contains("chunk \(number) of 'cfg:3'") && outcome.errors.contains(blobs[number]),
        "\(arguments): \(outcome.errors)")
    }
    #expect(try Files.text(clone.path("old")) == "what was there")
    let added = Set(Files.tree(world.box.root)).subtracting(before).filter { !$0.contains("/.git/kv-chunks") }
    #expect(added == [])
    // What is known of the value needs no chunk.
    #expect(try clone.json("get", "cfg:3", "--offline")["size"]?.int == Self.size)
  }

  /// Chunks come from the mirror; where that has none, from the Stargate; where nobody has any, it says so.
  @Test func theMirrorFirst() throws {
    let world = try tenValues(Way(format: .sha1, transport: .path))
    let mirror = Repo(box: world.box, path: world.box.path("mirror.git"))
    try world.box.must(["git", "init", "-q", "--bare", mirror.path])
    try mirror.must("fetch", "-q", world.gate.path, "+refs/*:refs/*")
    func split(_ name: String) throws -> Clone {
      let clone = try world.policed(name)
      try clone.repo.must("remote", "set-url", "origin", mirror.path)
      try clone.repo.must("remote", "set-url", "--push", "origin", world.url)
      return clone
    }
    let away = world.box.path("away.git")
    let first = try split("first")
    try world.box.must(["mv", world.gate.path, away])
    #expect(try first.value("cfg:1") == Self.value(1), "the Stargate is not asked where the mirror has it all")
    #expect(try first.value("cfg:2", "--read-from=github") == Self.value(2))
    try world.box.must(["mv", away, world.gate.path])
    // A mirror that shows the ledger and has not got the chunks yet.
    try mirror.must("update-ref", "-d", Repo.chunksRef)
    try mirror.must("gc", "-q", "--prune=now")
    #expect(try split("second").value("cfg:1") == Self.value(1))
    let third = try split("third")
    try world.box.must(["mv", world.gate.path, away])
    let lost = try third.kv("get", "cfg:1")
    #expect(lost.status == 5 && lost.out.isEmpty && lost.errors.contains("chunks"), "\(lost.errors)")
  }
}
