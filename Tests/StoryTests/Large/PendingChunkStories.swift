import Testing

/// Large values that meet others, that wait, and that are given up.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct PendingChunkStories {
  private static func value(_ i: Int) -> Bytes { Bytes(noise: 5000, seed: i) }

  /// Every value of a fresh clone and of the Stargate, and nothing else.
  private func expect(_ world: World, _ values: [String: Bytes], _ place: String = "") throws {
    let reader = try world.policed("reader-\(values.count)-\(place)")
    #expect(try reader.must("list") == values.keys.sorted().joined(separator: "\n"))
    for (key, value) in values { #expect(try reader.value(key) == value, "\(key) \(place)") }
    #expect(try world.broken() == [], "\(place)")
  }

  /// Two clones that know nothing of each other's chunks, at once and many times.
  @Test(arguments: Transport.allCases) func atOnce(_ transport: Transport) throws {
    let world = try World.large(Way(format: .sha1, transport: transport))
    let clones = [try world.begin("w0"), try world.policed("w1"), try world.policed("w2")]
    for i in 0..<3 { for j in 0..<4 { try Files.write(clones[i].path("v\(i)\(j)"), Self.value(i * 10 + j).all) } }
    let commands = clones.enumerated().map { i, clone in
      let script = "for j in 0 1 2 3; do git kv set cfg:\(i)$j ../v\(i)$j || exit; done"
      return world.box.command(["sh", "-c", script], in: clone.repo.path, limit: 120)
    }
    for outcome in try runTogether(commands) { #expect(outcome.ok && outcome.err.isEmpty, "\(outcome.errors)") }
    var values: [String: Bytes] = [:]
    for i in 0..<3 { for j in 0..<4 { values["cfg:\(i)\(j)"] = Self.value(i * 10 + j) } }
    try expect(world, values)
  }

  /// Each clone has seen the ledger and builds on a chunks tip that is old by then.
  @Test func aLostRaceIsRebuilt() throws {
    let world = try World.large()
    let (one, two) = (try world.begin("one"), try world.policed("two"))
    try two.set("cfg:0", Self.value(0))
    try one.set("cfg:1", Self.value(1))
    try two.set("cfg:2", Self.value(2))
    // The same chunks, which the other has brought meanwhile.
    try one.set("cfg:again", Self.value(2))
    let lost = try two.json("set", "cfg:small", "x")
    #expect(lost["pushed"]?.bool == true && lost["tries"]?.int == 2, "\(lost.text)")
    try expect(
      world,
      [
        "cfg:0": Self.value(0), "cfg:1": Self.value(1), "cfg:2": Self.value(2), "cfg:again": Self.value(2),
        "cfg:small": Bytes("x".utf8),
      ])
    #expect(try world.gate.repo.must("rev-list", "--count", Repo.chunksRef) == "3")
  }

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
    try other.set("cfg:0", Self.value(0))
    let clone = try start == .knowing ? other : world.policed("clone")
    if start == .ledgerOnly { try clone.must("list") }
    let rival = try start == .knowing ? world.policed("rival") : other
    var values = ["cfg:0": Self.value(0), "cfg:mine": Self.value(1), "cfg:more": Self.value(2)]
    try clone.set("cfg:mine", Self.value(1), "--no-push")
    // The second shares all but a few chunks with the first, and one with what the Stargate has.
    values["cfg:more"] = Bytes(Self.value(1).all + Self.value(0).all)
    try clone.set("cfg:more", values["cfg:more"]!, "--no-push")
    try clone.must("set", "cfg:note", "waiting", "--no-push")
    values["cfg:note"] = Bytes("waiting".utf8)
    #expect(try clone.value("cfg:mine", "--offline") == Self.value(1))
    let before = try world.gate.repo.refs()
    switch theirs {
    case .nothing: break
    case .aLargeValue:
      try rival.set("cfg:theirs", Self.value(5))
      values["cfg:theirs"] = Self.value(5)
    case .theSameValue:
      try rival.set("cfg:theirs", Self.value(1))
      values["cfg:theirs"] = Self.value(1)
    case .aSmallValue:
      try rival.set("cfg:theirs", [1])
      values["cfg:theirs"] = [1]
    }
    if theirs == .nothing { #expect(try world.gate.repo.refs() == before) }
    // Reading fetches and loses nothing.
    if start != .nothing { #expect(try clone.value("cfg:0") == Self.value(0)) }
    #expect(try clone.value("cfg:more") == values["cfg:more"])
    let pushed = try clone.kv("push")
    #expect(pushed.ok && pushed.err.isEmpty, "\(pushed.errors)")
    #expect(try clone.must("push") == "everything up to date")
    try expect(world, values, "\(start) \(theirs)")
    // The clone goes on from there, and with what the others did.
    try clone.set("cfg:after", Self.value(9))
    #expect(try clone.value("cfg:more", "--offline") == values["cfg:more"])
  }

  /// Housekeeping in the meantime takes nothing of what waits, whoever owns the files.
  @Test(arguments: ["false", "group"]) func collectsNoGarbageOfWhatWaits(_ shared: String) throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.repo.must("config", "core.sharedRepository", shared)
    try clone.set("cfg:0", Self.value(0))
    try clone.set("cfg:1", Self.value(1), "--no-push")
    try clone.set("cfg:2", Bytes(noise: 60_000), "--no-push")
    for repo in [clone.repo, clone.chunkHome] { try repo.must("gc", "-q", "--prune=now") }
    #expect(try clone.repo.fsck() == nil)
    let there = try clone.value("cfg:1", "--offline")
    #expect(there == Self.value(1))
    try clone.must("push")
    try expect(world, ["cfg:0": Self.value(0), "cfg:1": Self.value(1), "cfg:2": Bytes(noise: 60_000)])
  }

  /// A repository that began alone gets a remote, and gives it all it has.
  @Test(arguments: ObjectFormat.allCases) func aRemoteThatComesLater(_ format: ObjectFormat) throws {
    let world = try World.large(Way(format: format, transport: .path))
    let clone = try world.alone()
    for i in 0..<3 { try clone.set("cfg:\(i)", Self.value(i)) }
    try clone.must("del", "cfg:1")
    #expect(try Invariants.broken(clone.repo, format: format) == [])
    #expect(try clone.repo.chunks().values.reduce(0, +) == 15_000)
    try clone.repo.must("remote", "add", "origin", world.url)
    try clone.set("cfg:3", Self.value(3), "--no-push")
    try clone.must("push")
    try clone.set("cfg:4", Self.value(4))
    try clone.set("cfg:0again", Self.value(0))
    var values = ["cfg:0again": Self.value(0)]
    for i in [0, 2, 3, 4] { values["cfg:\(i)"] = Self.value(i) }
    try expect(world, values)
    #expect(try clone.kv("--json", "verify", "--all").verified("wrong") == 0)
    #expect(try world.chunks().values.reduce(0, +) == 25_000)
  }

  /// Two stores that began apart, perhaps under other labels: the one that comes later is put on top of the other.
  @Test(arguments: ["2026Q4", "2020Q1"]) func twoThatBeganApart(_ epoch: String) throws {
    let world = try World.large()
    let other = try world.begin("other")
    try other.set("cfg:theirs", Self.value(0))
    let clone = try world.policed("clone")
    try clone.repo.must("remote", "remove", "origin")
    try clone.must("init", "--epoch", epoch)
    try clone.set("cfg:mine", Self.value(1))
    try clone.set("cfg:both", Self.value(0))
    try clone.repo.must("remote", "add", "origin", world.url)
    #expect(try clone.value("cfg:mine", "--offline") == Self.value(1))
    try clone.must("push")
    var values = ["cfg:mine": Self.value(1), "cfg:both": Self.value(0), "cfg:theirs": Self.value(0)]
    try expect(world, values)
    try clone.set("cfg:next", Self.value(2))
    values["cfg:next"] = Self.value(2)
    try expect(world, values, "next")
  }

  @Test(arguments: [true, false]) func isGivenUp(_ othersWrote: Bool) throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:0", Self.value(0))
    try clone.set("cfg:mine", Self.value(1), "--no-push")
    if othersWrote { try world.policed("other").set("cfg:theirs", Self.value(2)) }
    try clone.must("push", "--discard-pending")
    #expect(try clone.kv("get", "cfg:mine").status == 1)
    #expect(try clone.value("cfg:0", "--offline") == Self.value(0))
    // What comes next takes none of the discarded chunks along.
    try clone.set("cfg:next", Self.value(3))
    var values = ["cfg:0": Self.value(0), "cfg:next": Self.value(3)]
    if othersWrote { values["cfg:theirs"] = Self.value(2) }
    try expect(world, values)
    #expect(try world.chunks().values.reduce(0, +) == 5000 * values.count)
    // What was given up can be set again.
    try clone.set("cfg:mine", Self.value(1))
    values["cfg:mine"] = Self.value(1)
    try expect(world, values, "again")
  }

  /// What was given up is kept with its chunks, until something else is given up.
  @Test func isKeptNevertheless() throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:mine", Self.value(1), "--no-push")
    let manifest = try clone.repo.manifest("cfg:mine", .sha1)
    try clone.must("push", "--discard-pending")
    try clone.set("cfg:next", Self.value(2))
    try clone.set("cfg:last", Self.value(3), "--no-push")
    for repo in [clone.repo, clone.chunkHome] { try repo.must("gc", "-q", "--prune=now") }
    #expect(
      try clone.repo.manifest("cfg:mine", .sha1, in: "refs/kv-tracking/discarded/kv/main").chunks == manifest.chunks)
    for chunk in manifest.chunks { #expect(try clone.chunkHome.git("cat-file", "-e", chunk.blob).ok) }
    try clone.must("push")
    try expect(world, ["cfg:next": Self.value(2), "cfg:last": Self.value(3)])
  }

  /// The clone has looked at what the Stargate shows, which is ahead of its working copy.
  @Test(arguments: [true, false]) func theViewIsAhead(_ waits: Bool) throws {
    let world = try World.large()
    let (other, clone) = (try world.begin("other"), try world.policed("clone"))
    try other.set("cfg:0", Self.value(0))
    #expect(try clone.value("cfg:0") == Self.value(0))
    var values = ["cfg:0": Self.value(0), "cfg:1": Self.value(1), "cfg:plain": Bytes("x".utf8)]
    if waits {
      try clone.set("cfg:waits", Self.value(5), "--no-push")
      values["cfg:waits"] = Self.value(5)
    }
    try other.set("cfg:1", Self.value(1))
    #expect(try clone.value("cfg:1", "--read-from=stargate") == Self.value(1))
    try clone.must("set", "cfg:plain", "x")
    try clone.set("cfg:2", Self.value(2))
    values["cfg:2"] = Self.value(2)
    try expect(world, values)
  }

  /// A pending transaction and the Stargate changed the same key: the conflict is told, and nothing moves.
  @Test func bothChangedOneKey() throws {
    let world = try World.large()
    let (clone, other) = (try world.begin(), try world.policed("other"))
    try clone.set("cfg:a", Self.value(0))
    try other.must("list")
    try clone.set("cfg:a", Self.value(1), "--no-push")
    try other.set("cfg:a", Self.value(2))
    let before = try CloneState(clone)
    let outcome = try clone.kv("push")
    #expect(outcome.status == 2 && outcome.errors.contains("'cfg:a'"), "\(outcome.errors)")
    #expect(try CloneState(clone).changes(since: before) == [])
    #expect(try clone.value("cfg:a", "--offline") == Self.value(1))
    try clone.must("push", "--discard-pending")
    #expect(try clone.value("cfg:a") == Self.value(2))
    try expect(world, ["cfg:a": Self.value(2)])
  }

  /// Work trees and submodules share chunks as they share objects.
  @Test func otherPlaces() throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.repo.must("add", ".kv")
    try clone.repo.must("commit", "-q", "-m", "policy")
    try clone.repo.must("worktree", "add", "-q", world.box.path("tree"))
    var tree = clone
    tree.directory = world.box.path("tree")
    try tree.set("cfg:tree", Self.value(1), "--no-push")
    #expect(try clone.value("cfg:tree", "--offline") == Self.value(1))
    try clone.must("push")
    // A name that git would take apart where it lists several.
    let odd = try world.policed("a:b\"c")
    try odd.set("cfg:odd", Self.value(2))
    #expect(try odd.value("cfg:tree") == Self.value(1))
    // A submodule's git folder is not where its files are.
    try Files.makeFolder(clone.repo.path + "/sub")
    try clone.repo.must(
      "-c", "protocol.file.allow=always", "submodule", "add", "-q", "-f", clone.repo.path, "module")
    var module = Clone(repo: Repo(box: world.box, path: clone.repo.path + "/module"))
    try module.repo.must("remote", "set-url", "origin", world.url)
    #expect(try module.value("cfg:odd") == Self.value(2))
    try module.set("cfg:module", Self.value(3))
    module.directory = clone.repo.path + "/module/.kv"
    #expect(try module.value("cfg:module", "--offline") == Self.value(3))
    let bare = try world.clone("bare.git", bare: true)
    #expect(try bare.value("cfg:module") == Self.value(3))
    #expect(try bare.repo.fsck() == nil)
    try expect(world, ["cfg:tree": Self.value(1), "cfg:odd": Self.value(2), "cfg:module": Self.value(3)])
  }
}
