import Glibc
import Testing

/// A mirror that answers nothing keeps one worker busy and nobody else.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct HangingMirrorTests {
  @Test func hanging() throws {
    let world = try MirrorWorld(live: true)
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    try world.box.untilQuiet()
    let connections = world.box.path("connections")
    try Files.write(connections, "")
    try Files.write(
      world.box.path("bin/ssh"), "#!/bin/sh\necho $$ >>'\(connections)'\nexec sleep 600\n", mode: 0o755)
    func pids() throws -> [pid_t] { try Files.text(connections).split(separator: "\n").compactMap { pid_t($0) } }
    defer { for pid in (try? pids()) ?? [] { kill(pid, SIGKILL) } }
    try world.gate.repo.must("config", "remote.github-origin.url", "ssh://nowhere.invalid/mirror.git")

    let first = try world.running("--drain")
    try until("the first worker connects") { try pids().count == 1 }
    let second = try world.running("--drain")
    try until("the second worker waits") { try world.isLocked("worker.queue") }
    // Each starts a worker, which goes home.
    for n in 1...3 {
      let begun = now()
      try forge.set(n, world.gate.path)
      #expect(now() - begun < 5, "push \(n) took \(now() - begun) s")
    }
    #expect(try pids().count == 1)
    // Whoever ends the worker ends the git that it waits for, and what that waits for.
    for (worker, count) in [(first, 2), (second, 2)] {
      kill(worker.pid, SIGTERM)
      #expect(worker.wait().status == 128 + SIGTERM)
      if worker === first { try until("the second worker connects") { try pids().count == count } }
    }
    try until("nobody waits for the mirror any more") { try pids().allSatisfy { kill($0, 0) != 0 } }
    try world.box.untilQuiet()
    try world.gate.repo.must("config", "remote.github-origin.url", world.mirror.path)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }
}
