import Testing

/// Large values that wait, and that are given up.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct PendingChunkStories {
  private func value(_ i: Int) -> Bytes { Bytes(noise: 5000, seed: i) }

  /// What somebody else pushes between a transaction that waits and its push.
  enum Theirs: String, Sendable, CaseIterable { case nothing, aLargeValue, theSameValue, aSmallValue }

  /// Where the clone that waits begins.
  enum Start: String, Sendable, CaseIterable {
    /// It has set large values before.
    case knowing
    /// It has fetched the ledger and never a chunk.
    case ledgerOnly
    /// It has asked the Stargate for nothing, and begins the namespace for itself.
    case nothing
  }

  @Test(arguments: Start.allCases, Theirs.allCases) func waits(_ start: Start, _ theirs: Theirs) throws {
    let world = try World.large(Way(format: theirs == .aLargeValue ? .sha256 : .sha1, transport: .path))
    let other = try world.begin("other")
    try other.set("cfg:0", value(0))
    let clone = try start == .knowing ? other : world.policed("clone")
    if start == .ledgerOnly { try clone.must("list") }
    let rival = try start == .knowing ? world.policed("rival") : other
    var values = ["cfg:0": value(0), "cfg:mine": value(1), "cfg:more": value(2)]
    try clone.set("cfg:mine", value(1), "--no-push")
    // The second shares all but a few chunks with the first, and one with what the Stargate has.
    values["cfg:more"] = Bytes(value(1).all + value(0).all)
    try clone.set("cfg:more", values["cfg:more"]!, "--no-push")
    try clone.must("set", "cfg:note", "waiting", "--no-push")
    values["cfg:note"] = Bytes("waiting".utf8)
    #expect(try clone.value("cfg:mine", "--offline") == value(1))
    let before = try world.gate.repo.refs()
    switch theirs {
    case .nothing: break
    case .aLargeValue:
      try rival.set("cfg:theirs", value(5))
      values["cfg:theirs"] = value(5)
    case .theSameValue:
      try rival.set("cfg:theirs", value(1))
      values["cfg:theirs"] = value(1)
    case .aSmallValue:
      try rival.set("cfg:theirs", [1])
      values["cfg:theirs"] = [1]
    }
    if theirs == .nothing { #expect(try world.gate.repo.refs() == before) }
    // Reading fetches and loses nothing.
    if start != .nothing { #expect(try clone.value("cfg:0") == value(0)) }
    #expect(try clone.value("cfg:more") == values["cfg:more"])
    let pushed = try clone.kv("push")
    #expect(pushed.ok && pushed.err.isEmpty, "\(pushed.errors)")
    #expect(try clone.must("push") == "everything up to date")
    try world.expect(values, "\(start) \(theirs)")
    // The clone goes on from there, and with what the others did.
    try clone.set("cfg:after", value(9))
    #expect(try clone.value("cfg:more", "--offline") == values["cfg:more"])
  }

  /// Housekeeping in the meantime takes nothing of what waits, whoever owns the files.
  @Test(arguments: ["false", "group"]) func collectsNoGarbageOfWhatWaits(_ shared: String) throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.repo.must("config", "core.sharedRepository", shared)
    try clone.set("cfg:0", value(0))
    try clone.set("cfg:1", value(1), "--no-push")
    try clone.set("cfg:2", Bytes(noise: 60_000), "--no-push")
    for repo in [clone.repo, clone.chunkHome] { try repo.must("gc", "-q", "--prune=now") }
    #expect(try clone.repo.fsck() == nil)
    let there = try clone.value("cfg:1", "--offline")
    #expect(there == value(1))
    try clone.must("push")
    try world.expect(["cfg:0": value(0), "cfg:1": value(1), "cfg:2": Bytes(noise: 60_000)])
  }

  @Test(arguments: [true, false]) func isGivenUp(_ othersWrote: Bool) throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:0", value(0))
    try clone.set("cfg:mine", value(1), "--no-push")
    if othersWrote { try world.policed("other").set("cfg:theirs", value(2)) }
    try clone.must("push", "--discard-pending")
    #expect(try clone.kv("get", "cfg:mine").status == 1)
    #expect(try clone.value("cfg:0", "--offline") == value(0))
    // What comes next takes none of the discarded chunks along.
    try clone.set("cfg:next", value(3))
    var values = ["cfg:0": value(0), "cfg:next": value(3)]
    if othersWrote { values["cfg:theirs"] = value(2) }
    try world.expect(values)
    #expect(try world.chunks().values.reduce(0, +) == 5000 * values.count)
    // What was given up can be set again.
    try clone.set("cfg:mine", value(1))
    values["cfg:mine"] = value(1)
    try world.expect(values, "again")
  }

  /// What was given up is kept with its chunks, until something else is given up.
  @Test func isKeptNevertheless() throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:mine", value(1), "--no-push")
    let manifest = try clone.repo.manifest("cfg:mine", .sha1)
    try clone.must("push", "--discard-pending")
    try clone.set("cfg:next", value(2))
    try clone.set("cfg:last", value(3), "--no-push")
    for repo in [clone.repo, clone.chunkHome] { try repo.must("gc", "-q", "--prune=now") }
    #expect(
      try clone.repo.manifest("cfg:mine", .sha1, in: "refs/kv-tracking/discarded/kv/main").chunks == manifest.chunks)
    for chunk in manifest.chunks { #expect(try clone.chunkHome.git("cat-file", "-e", chunk.blob).ok) }
    try clone.must("push")
    try world.expect(["cfg:next": value(2), "cfg:last": value(3)])
  }
}
