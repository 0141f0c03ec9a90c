import Glibc
import Testing

/// Many workers: one works, one waits, and the mirror sees one push at a time and nothing twice.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WorkerCrowdTests {
  /// The lock files, which are never deleted.
  private func inodes(_ world: MirrorWorld) throws -> String {
    try world.box.must(["sh", "-c", "stat -c '%n %i' worker.*"], in: "\(world.gate.path)/.stargate")
  }

  @Test func crowd() throws {
    let world = try MirrorWorld(live: true)
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    try world.box.untilQuiet()
    let locks = try inodes(world)
    let clashes = world.box.path("clashes")
    let ledgers = world.box.path("ledgers")
    try world.mirrorHook(
      "pre-receive",
      """
      exec 9>>'\(clashes).lock'
      flock -n 9 || echo clash >>'\(clashes)'
      sleep 0.05
      """)
    try world.mirrorHook("post-receive", "grep ' refs/kv/main$' >>'\(ledgers)'; true")
    var pushes: [[String]] = []
    for n in 1...20 { pushes.append(try forge.ready(world.gate.path) { $0.entries["cfg:\(n)"] = Value("\(n)") }) }
    let pushing = pushes.map { $0.joined(separator: " ") }.joined(separator: " && ")
    let worker = world.workerCommand.joined(separator: " ")
    let byHand = "for i in 1 2 3 4 5 6 7 8; do \(worker) --once || exit; done"
    let outcomes = try runTogether(
      [pushing, byHand, byHand, "\(worker); \(worker)"].map { world.box.command(["sh", "-c", $0]) })
    for outcome in outcomes {
      #expect(outcome.ok && !outcome.heldOpen, "\(outcome.status) \(outcome.text)\(outcome.errors)")
    }
    try world.box.untilQuiet()
    #expect(!Files.exists(clashes), "two pushes at once")
    #expect(try Together.broken(world) == [])
    // Each push went on where the one before had ended: nothing twice, nothing left out.
    let moves = try Files.text(ledgers).split(separator: "\n").map { $0.split(separator: " ") }
    for (one, next) in zip(moves, moves.dropFirst()) { #expect(one[1] == next[0] && next[0] != next[1]) }
    #expect(moves.last.map { String($0[1]) } == forge.tips?.ledger)
    #expect(try world.worker("--once").text == "", "there was something left to do")
    #expect(try inodes(world).hasPrefix(locks), "a lock file was replaced")
  }

  /// The worker that waits knows nothing yet: it sees what has come meanwhile, also when the one that worked was killed.
  @Test(arguments: [SIGKILL, SIGTERM, 0]) func queue(_ signal: Int32) throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    #expect(try world.worker("--once").ok)
    let (asked, go) = (world.box.path("asked"), world.box.path("go"))
    try world.mirrorHook("pre-receive", "echo $$ >>'\(asked)'; until [ -e '\(go)' ]; do sleep 0.01; done")
    try forge.set(1, world.gate.path)
    let first = try world.running()
    try until("the first worker pushes") { Files.exists(asked) }
    let second = try world.running()
    try until("the second worker waits") { try world.isLocked("worker.queue") }
    let locks = try inodes(world)
    let third = try world.worker()
    #expect(third.ok && third.text == "", "\(third.status) \(third.text)")
    try forge.set(2, world.gate.path)
    #expect(!first.isDone && !second.isDone)
    if signal != 0 {
      kill(first.pid, signal)
      #expect(first.wait().status == 128 + signal)
      try until("the second worker works") { try !world.isLocked("worker.queue") && world.isLocked("worker.lock") }
    }
    try Files.write(go, "")
    if signal == 0 { #expect(first.wait().ok) }
    let outcome = second.wait()
    #expect(outcome.ok, "\(outcome.status) \(outcome.text)\(outcome.errors)")
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
    #expect(try inodes(world) == locks)
  }
}
