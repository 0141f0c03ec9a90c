import Testing

/// The rate limiter: a host advises how many pushes it wants to see.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct BucketStories {
  /// Six pushes go at once; then one every ten seconds.
  @Test func aBurst() throws {
    let world = try MirrorWorld(policy: MirrorWorld.policy("max_pushes_per_minute: 6"))
    let clone = try world.start()
    try world.countPushes()
    let begun = now()
    var last = try world.worker("--once")
    while last.status == 0, now() < begun + 50 {
      try clone.must("set", "cfg:a", "\(now())")
      last = try world.worker("--once")
    }
    let count = try world.pushes().count
    #expect(last.status == 6 && 6...6 + Int((now() - begun) / 10) ~= count, "\(last.status) after \(count)")
    let shown = try world.mirror.refs()
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "behind" && status["mirror"]?["failures"]?.int == 0, "\(status.text)")
    #expect(status["backlog"]?["transactions"]?.int == 1)
    if now() < begun + 8 {
      #expect(try world.worker("--once").status == 6)
      #expect(try world.mirror.refs() == shown)
    }
    // A policy that allows more counts from now on, whatever was spent under the old one.
    try world.gate.setPolicy(MirrorWorld.policy("max_pushes_per_minute: 60"))
    try clone.must("set", "cfg:b", "1")
    #expect(try world.worker().status == 0)
    #expect(try world.pushes().count == count + 1)
    #expect(try Together.broken(world) == [])
  }

  /// Whoever waits takes along what has come meanwhile.
  @Test(arguments: [[], ["--drain"]]) func waiting(_ mode: [String]) throws {
    let world = try MirrorWorld(policy: MirrorWorld.policy("max_pushes_per_minute: 20"))
    let clone = try world.start()
    try world.countPushes()
    while try world.worker("--once").status == 0 { try clone.must("set", "cfg:a", "\(now())") }
    let count = try world.pushes().count
    #expect(count >= 6)
    let writer = """
      for i in 1 2 3; do git -C '\(clone.repo.path)' kv --quiet set cfg:b $i; done
      """
    let outcomes = try runTogether([
      world.box.command(world.workerCommand + mode), world.box.command(["sh", "-c", writer]),
    ])
    #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
    #expect(try world.worker("--drain").status == 0)
    #expect(try count + 1...count + 2 ~= world.pushes().count)
    #expect(try Together.broken(world) == [])
  }
}
