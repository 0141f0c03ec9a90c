import Testing

/// What is in the epoch already is neither stored nor sent again.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct DedupStories {
  private static let value = Bytes(noise: 100_000)

  /// The same content under another key, from this clone and from one that has never seen a chunk.
  @Test(arguments: Transport.allCases) func theSameContent(_ transport: Transport) throws {
    let world = try World.large(Way(format: .sha1, transport: transport), policy: World.policy)
    let (one, two) = (try world.begin(), try world.policed("two"))
    let bytes = Bytes(noise: 2 << 20)
    try one.set("cfg:a", bytes)
    let chunks = try world.chunks()
    #expect(chunks.values.reduce(0, +) == bytes.count)
    for (clone, key) in [(one, "cfg:b"), (two, "cfg:c")] {
      let (before, mine) = (world.gate.repo.storedBytes, clone.repo.storedBytes)
      try clone.set(key, bytes)
      #expect(try clone.repo.trailer("KV-Chunks-Tree") == "-", "\(key)")
      #expect(world.gate.repo.storedBytes - before < 16_384, "\(key): the push brought bytes")
      #expect(clone.repo.storedBytes - mine < 32_768, "\(key): the clone has got bytes")
    }
    #expect(try world.chunks() == chunks)
    #expect(try two.value("cfg:b") == bytes)
    #expect(try world.gate.repo.fsck() == nil)
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let name: String
    var mode = "fastcdc"
    let adds: ClosedRange<Int>
    let change: @Sendable (inout [UInt8]) -> Void
    var testDescription: String { "\(name), \(mode)" }
  }

  /// Of the 350 or so chunks of the value.
  static let changes = [
    Change(name: "ten bytes put in at the front", adds: 1...6) { $0.insert(contentsOf: [UInt8](0..<10), at: 0) },
    Change(name: "a byte taken from the front", adds: 1...6) { $0.removeFirst() },
    Change(name: "a bit in the middle", adds: 1...6) { $0[50_000] ^= 1 },
    Change(name: "a hundred bytes in the middle", adds: 1...6) { $0.replaceSubrange(50_000..<50_100, with: [1, 2]) },
    Change(name: "a tail", adds: 1...6) { $0 += [1, 2, 3] },
    Change(name: "the second half", adds: 0...1) { $0.removeLast(50_000) },
    Change(name: "twice the same", adds: 0...6) { $0 += $0 },
    Change(name: "a bit in the middle", mode: "fixed", adds: 1...1) { $0[50_000] ^= 1 },
    Change(name: "a byte at the front", mode: "fixed", adds: 391...391) { $0.insert(1, at: 0) },
  ]

  @Test(arguments: changes) func aChange(_ row: Change) throws {
    let world = try World.large(policy: SmallChunks.policy(row.mode))
    let clone = try world.begin()
    try clone.set("cfg:a", Self.value)
    let before = try world.chunks()
    #expect(before.count > 200 && before.values.reduce(0, +) == Self.value.count)
    var changed = Self.value
    row.change(&changed.all)
    // A clone that has the trees of the chunks and none of their bytes.
    let other = try world.policed("other")
    try other.set("cfg:a", changed)
    let added = try world.chunks().count - before.count
    #expect(row.adds.contains(added), "\(row.name): \(added) chunks")
    #expect(try clone.value("cfg:a") == changed)
    #expect(try world.gate.repo.fsck() == nil)
  }

  /// What was deleted stays in the epoch; what repeats within a value stands there once.
  @Test func onceAndForAll() throws {
    let world = try World.large()
    let clone = try world.begin()
    let zeros = Bytes([UInt8](repeating: 0, count: 10 * SmallChunks.max))
    try clone.set("cfg:zeros", zeros)
    #expect(try world.chunks() == ["\(world.format.id("blob", zeros[0..<1024].all))": 1024])
    #expect(try clone.repo.manifest("cfg:zeros", .sha1).chunks.count == 10)
    #expect(try world.policed("other").value("cfg:zeros") == zeros)
    #expect(try clone.value("cfg:zeros", "--range=1000-5000").count == 4001)
    try clone.must("del", "cfg:zeros")
    let tip = try world.gate.repo.id(Repo.chunksRef)
    try clone.set("cfg:again", zeros)
    #expect(try world.gate.repo.id(Repo.chunksRef) == tip)
    #expect(try clone.value("cfg:again") == zeros)
    #expect(try world.broken() == [])
  }

  /// Many values in one transaction share their chunks, too.
  @Test func inOneTransaction() throws {
    let world = try World.large()
    let clone = try world.begin()
    try Files.write(clone.path("a"), Self.value.all)
    try Files.write(clone.path("b"), Self.value.all.reversed())
    let lines = (0..<6).map { #"{"op":"set","key":"cfg:\#($0)","file":"../\#($0 % 2 == 0 ? "a" : "b")"}"# + "\n" }
    var traced = clone
    let trace = try GitTrace(&traced)
    try traced.must("mset", "--file", "-", input: lines.joined())
    let few = try trace.commands().count
    #expect(try world.chunks().values.reduce(0, +) == 2 * Self.value.count)
    #expect(try world.gate.repo.must("rev-list", "--count", Repo.chunksRef) == "1")
    // So many programs of git for six keys, and as many for sixty.
    let more = (0..<60).map { #"{"op":"set","key":"user:\#($0)","file":"../\#($0 % 2 == 0 ? "a" : "b")"}"# + "\n" }
    try traced.must("mset", "--file", "-", input: more.joined())
    let many = try trace.commands()
    #expect(many.count <= few + 2, "\(few) and \(many.count): \(many)")
    #expect(try clone.value("cfg:5", "--offline") == Bytes(Self.value.all.reversed()))
    #expect(try world.gate.repo.fsck() == nil)
  }
}

extension Repo {
  /// Bytes of all object files, those of a clone's chunks too.
  var storedBytes: Int {
    let roots = ["objects", ".git/objects", ".git/kv-chunks/objects"].map { "\(path)/\($0)" }
    return roots.reduce(0) { sum, root in
      Files.tree(root).reduce(sum) { $0 + Files.size("\(root)/\($1)") }
    }
  }

  /// A trailer of the newest ledger commit.
  func trailer(_ name: String, of commit: String = "refs/kv/main") throws -> String {
    try must("log", "-1", "--format=%(trailers:key=\(name),valueonly)", commit)
  }
}
