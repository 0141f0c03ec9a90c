import Testing

/// Large values that meet others.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ChunkRaceStories {
  private func value(_ i: Int) -> Bytes { Bytes(noise: 5000, seed: i) }

  /// Three clones that know nothing of each other's chunks, or three programs in one clone, at once and many times.
  @Test(arguments: [(Transport.path, true), (.ssh, true), (.path, false)])
  func atOnce(_ transport: Transport, _ ownClones: Bool) throws {
    let world = try World.large(Way(format: .sha1, transport: transport))
    let first = try world.begin("w0")
    let clones = try [first] + ["w1", "w2"].map { try ownClones ? world.policed($0) : first }
    for i in 0..<3 { for j in 0..<4 { try Files.write(first.path("v\(i)\(j)"), value(i * 10 + j).all) } }
    let commands = clones.enumerated().map { i, clone in
      let script = "for j in 0 1 2 3; do git kv set cfg:\(i)$j ../v\(i)$j || exit; done"
      return world.box.command(["sh", "-c", script], in: clone.repo.path, limit: 120)
    }
    for outcome in try runTogether(commands) { #expect(outcome.ok && outcome.err.isEmpty, "\(outcome.errors)") }
    var values: [String: Bytes] = [:]
    for i in 0..<3 { for j in 0..<4 { values["cfg:\(i)\(j)"] = value(i * 10 + j) } }
    try world.expect(values)
  }

  /// Each clone has seen the ledger and builds on a chunks tip that is old by then.
  @Test func aLostRaceIsRebuilt() throws {
    let world = try World.large()
    let (one, two) = (try world.begin("one"), try world.policed("two"))
    try two.set("cfg:0", value(0))
    try one.set("cfg:1", value(1))
    try two.set("cfg:2", value(2))
    // The same chunks, which the other has brought meanwhile.
    try one.set("cfg:again", value(2))
    let lost = try two.json("set", "cfg:small", "x")
    #expect(lost["pushed"]?.bool == true && lost["tries"]?.int == 2, "\(lost.text)")
    try world.expect([
      "cfg:0": value(0), "cfg:1": value(1), "cfg:2": value(2), "cfg:again": value(2),
      "cfg:small": Bytes("x".utf8),
    ])
    #expect(try world.gate.repo.must("rev-list", "--count", Repo.chunksRef) == "3")
  }

  /// The clone has looked at what the Stargate shows, which is ahead of its working copy.
  @Test(arguments: [true, false]) func theViewIsAhead(_ waits: Bool) throws {
    let world = try World.large()
    let (other, clone) = (try world.begin("other"), try world.policed("clone"))
    try other.set("cfg:0", value(0))
    #expect(try clone.value("cfg:0") == value(0))
    var values = ["cfg:0": value(0), "cfg:1": value(1), "cfg:plain": Bytes("x".utf8)]
    if waits {
      try clone.set("cfg:waits", value(5), "--no-push")
      values["cfg:waits"] = value(5)
    }
    try other.set("cfg:1", value(1))
    #expect(try clone.value("cfg:1", "--read-from=stargate") == value(1))
    try clone.must("set", "cfg:plain", "x")
    try clone.set("cfg:2", value(2))
    values["cfg:2"] = value(2)
    try world.expect(values)
  }

  /// A pending transaction and the Stargate changed the same key: the conflict is told, and nothing moves.
  @Test func bothChangedOneKey() throws {
    let world = try World.large()
    let (clone, other) = (try world.begin(), try world.policed("other"))
    try clone.set("cfg:a", value(0))
    try other.must("list")
    try clone.set("cfg:a", value(1), "--no-push")
    try other.set("cfg:a", value(2))
    let before = try CloneState(clone)
    let outcome = try clone.kv("push")
    #expect(outcome.status == 2 && outcome.errors.contains("'cfg:a'"), "\(outcome.errors)")
    #expect(try CloneState(clone).changes(since: before) == [])
    #expect(try clone.value("cfg:a", "--offline") == value(1))
    try clone.must("push", "--discard-pending")
    #expect(try clone.value("cfg:a") == value(2))
    try world.expect(["cfg:a": value(2)])
  }
}
