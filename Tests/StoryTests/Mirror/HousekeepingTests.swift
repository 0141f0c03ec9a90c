import Glibc
import Testing

/// Housekeeping: the repository stays in a shape in which pushes are fast, and nobody's push is in its way.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct HousekeepingTests {
  /// Blobs in a pack of their own, or loose.
  private func add(_ blobs: [String], to gate: Repo, loose: Bool) throws {
    let maker = Repo(box: gate.box, path: gate.box.path("maker.git"))
    try gate.box.must(["git", "init", "-q", "--bare", maker.path])
    defer { Files.remove(maker.path) }
    let stream = blobs.map { "blob\ndata \($0.utf8.count)\n\($0)\n" }.joined()
    try maker.must("fast-import", "--quiet", input: Array(stream.utf8))
    let ids = try maker.must("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    let pack = try maker.git("pack-objects", "--stdout", "-q", input: Array((ids + "\n").utf8)).out
    if loose {
      try gate.must("unpack-objects", "-q", input: pack)
    } else {
      try gate.must("index-pack", "--stdin", input: pack)
    }
  }

  private func count(_ gate: Repo, _ name: String) throws -> Int {
    let line = try gate.must("count-objects", "-v").split(separator: "\n").first { $0.hasPrefix("\(name): ") }
    return line.flatMap { Int($0.dropFirst(name.count + 2)) } ?? -1
  }

  @Test func looseObjectsAndPacks() throws {
    let world = try MirrorWorld()
    let gate = world.gate.repo
    let forge = try Forge(world.box, "forge.git")
    for n in 0..<3 { try forge.set(n, world.gate.path) }
    try add((0..<3000).map { "loose \($0)" }, to: gate, loose: true)
    #expect(try count(gate, "count") > 3000)
    let run = try world.worker("--once")
    #expect(run.ok && run.text.contains("objects packed") && !run.text.contains("failed"), "\(run.text)")
    #expect(try count(gate, "count") < 100)
    #expect(try count(gate, "packs") == 1)
    let graphs = Files.names("\(world.gate.path)/objects/info/commit-graphs").filter { $0.hasPrefix("graph-") }
    #expect(!graphs.isEmpty)
    #expect(try gate.git("commit-graph", "verify").ok)
    let graph = try Files.read("\(world.gate.path)/objects/info/commit-graphs/\(graphs[0])")
    #expect(String(decoding: graph, as: UTF8.self).contains("BDAT"), "no changed paths")

    for n in 0..<22 { try add(["pack \(n)"], to: gate, loose: false) }
    #expect(try count(gate, "packs") > 20)
    try forge.set(100, world.gate.path)
    #expect(try world.worker("--once").text.contains("objects packed"))
    #expect(try count(gate, "packs") == 2)
    try forge.set(101, world.gate.path)
    #expect(try !world.worker("--once").text.contains("objects packed"), "nothing was due")
    #expect(try gate.fsck() == nil)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
    #expect(try Invariants.broken(gate, format: .sha1) == [])
  }

  /// What killed pushes and killed housekeeping have left goes after a day, and nothing else.
  @Test func leftovers() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    let names = [
      "objects/tmp_objdir-incoming-x/", "objects/pack/tmp_pack_x", "objects/pack/.tmp-1-pack-x.pack",
      "objects/maintenance.lock", "objects/pack/multi-pack-index.lock",
      "objects/info/commit-graphs/commit-graph-chain.lock", ".stargate/.journal.ndjson.kv-new",
    ]
    let keeps = [".stargate/worker.lock", ".stargate/house.lock", ".stargate/journal.ndjson"]
    func lay(_ age: String) throws {
      let script = """
        mkdir -p objects/info/commit-graphs objects/tmp_objdir-incoming-x/ab
        ln -sfn "$PWD/refs" objects/tmp_link_x
        for name in "$@"; do case $name in */) : >"${name}ab/file" ;; *) : >>"$name" ;; esac; done
        touch -h -d '\(age)' "$@" objects/tmp_link_x \(keeps.joined(separator: " "))
        """
      try world.box.must(["sh", "-c", script, "sh"] + names, in: world.gate.path)
    }
    #expect(try world.worker("--once").ok)
    try lay("-23 hours")
    #expect(try world.worker("--once").ok)
    func left() -> [String] { names.filter { Files.exists("\(world.gate.path)/\($0)") } }
    #expect(left() == names)
    try lay("-25 hours")
    let run = try world.worker("--once")
    #expect(run.ok && run.text.contains("removing "), "\(run.status) \(run.text)")
    #expect(left() == [])
    #expect(!Files.exists("\(world.gate.path)/objects/tmp_link_x"))
    #expect(Files.exists("\(world.gate.path)/refs/kv/main"), "what a link pointed to is gone")
    for name in keeps { #expect(Files.exists("\(world.gate.path)/\(name)"), "\(name)") }
    try forge.set(1, world.gate.path)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }

  /// Pushes and other workers go on while one keeps house.
  @Test func meanwhile() throws {
    let world = try MirrorWorld(live: true)
    let gate = world.gate.repo
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    try world.box.untilQuiet()
    try add((0..<6000).map { "loose \($0)" }, to: gate, loose: true)
    let keeper = try world.running("--once")
    // To try the lock would be to take it from the keeper.
    try until("somebody keeps house") {
      keeper.isDone || Files.names("\(gate.path)/objects/pack").contains { $0.contains("tmp") }
    }
    var n = 1
    while n < 6 || !keeper.isDone {
      try forge.set(n, world.gate.path)
      n += 1
    }
    let outcome = keeper.wait()
    #expect(outcome.ok && outcome.text.contains("objects packed"), "\(outcome.status) \(outcome.text)")
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
    #expect(try Invariants.broken(gate, format: .sha1) == [])
  }
}
