import Testing

/// What a Stargate accepted is on its mirror.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorStories {
  @Test(arguments: ObjectFormat.allCases) func everythingArrives(_ format: ObjectFormat) throws {
    let chunks = "chunking: {mode: fastcdc, min: 64, avg: 256, max: 1024}\n    max_value_inline: 60"
    let world = try MirrorWorld(Way(format: format, transport: .path), policy: MirrorWorld.policy(more: chunks))
    let clone = try world.start("w", MirrorWorld.namespaces)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
    try clone.must("set", "cfg:a", "1")
    try clone.set("cfg:large", Bytes(noise: 5000))
    try clone.must("set", "cfg:b \"\\/é", "odd", "--ns", "other")
    // Three transactions in one push, of which one leaves the values as they are.
    try clone.must("del", "cfg:a", "--no-push")
    try clone.must("mset", "--file", "-", "--no-push", input: #"{"op":"set","key":"cfg:c","value":"1"}"# + "\n")
    try clone.must("set", "cfg:c", "1", "--ttl", "1d")
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
    // A chunked value becomes an inline one, and the reverse.
    try clone.must("set", "cfg:large", "small")
    try clone.set("cfg:c", Bytes(noise: 500))
    try clone.must("del", "cfg:b \"\\/é", "--ns", "other")
    #expect(try world.worker("--drain").status == 0)
    #expect(try Together.broken(world) == [])
    let reader = try world.clone("reader")
    #expect(try reader.must("list") == "cfg:c\ncfg:large")
    #expect(try reader.value("cfg:c") == Bytes(noise: 500))
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "ok" && status["mirror"]?["lag_ms"]?.int != nil, "\(status.text)")
    #expect(status["backlog"]?.text == #"{"bytes":0,"transactions":0}"#, "\(status.text)")
  }

  /// A worker that finds nothing to do leaves the mirror alone.
  @Test func nothingToDo() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    try world.countPushes()
    #expect(try world.worker("--once").status == 0)
    let refs = try world.mirror.refs()
    for mode in [["--once"], ["--drain"], [], ["--once", "--json"]] {
      #expect(try world.box.run(world.workerCommand + mode).status == 0)
    }
    #expect(try world.pushes().count == 1 && world.mirror.refs() == refs)
    // What is refused is nothing to mirror.
    #expect(try clone.kv("set", "cfg:a", "1", "--ns", "nobody").status == 3)
    #expect(try world.worker().status == 0)
    #expect(try world.pushes().count == 1)
  }

  /// Twenty transactions that were made while the mirror was away arrive in one push.
  @Test func coalescing() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    try world.countPushes()
    try world.box.must(["mv", world.mirror.path, world.box.path("away.git")])
    #expect(try world.worker("--once").status == 10)
    // The client reads from the mirror what it can.
    for i in 0..<20 { try clone.must("set", "cfg:\(i)", "\(i)") }
    #expect(try world.worker("--once").status == 10)
    let status = try world.status()
    let mirror = status["mirror"]
    #expect(mirror?["state"]?.string == "unreachable" && mirror?["failures"]?.int == 2, "\(status.text)")
    #expect(mirror?["error"]?.string?.contains(world.mirror.path) == true && mirror?["next"] != nil, "\(status.text)")
    #expect(status["backlog"]?["transactions"]?.int == 21, "\(status.text)")
    #expect((status["backlog"]?["bytes"]?.int ?? 0) > 5000 && (status["backlog"]?["age"]?.int ?? 99) < 60)
    #expect(try world.stargate("status").text.contains("failed 2 times since "))
    try world.box.must(["mv", world.box.path("away.git"), world.mirror.path])
    #expect(try world.worker("--once").status == 0)
    let pushes = try world.pushes()
    #expect(pushes.count == 1)
    #expect(
      pushes.first?.sorted() == [
        "refs/kv-epoch/main", "refs/kv-index/main", "refs/kv-mirror/main", "refs/kv-term/leader",
        "refs/kv-watchlog/main@2026Q4", "refs/kv/main",
      ])
    #expect(try Together.broken(world) == [])
    #expect(try world.status()["mirror"]?["state"]?.string == "ok")
  }

  /// Every push starts a worker, which waits out a mirror that is away for a while.
  @Test func byThemselves() throws {
    let world = try MirrorWorld(live: true)
    let clone = try world.start("w", MirrorWorld.namespaces)
    for i in 0..<5 { try clone.must("set", "cfg:\(i)", "\(i)") }
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
    try world.box.must(["mv", world.mirror.path, world.box.path("away.git")])
    try clone.must("set", "cfg:late", "1")
    let deadline = now() + 20
    while now() < deadline, try world.status()["mirror"]?["failures"]?.int == 0 {}
    try world.box.must(["mv", world.box.path("away.git"), world.mirror.path])
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
  }

  @Test func dryRun() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    let before = (try Snapshot(world.gate), try Files.text(world.gate.journal), try world.mirror.refs())
    let plan = try world.worker("--dry-run")
    #expect(plan.status == 6 && plan.text.contains("would push: refs/kv/main: new -> "), "\(plan.text)")
    let lines = try world.worker("--dry-run", "--json").text.split(separator: "\n").map { JSON(String($0)) }
    #expect(lines.count == plan.text.split(separator: "\n").count && !lines.contains(nil))
    #expect(try before.0 == Snapshot(world.gate) && before.1 == Files.text(world.gate.journal))
    #expect(try before.2 == world.mirror.refs() && before.2.isEmpty)
    #expect(try world.worker("--once").status == 0)
    let nothing = try world.worker("--dry-run", "--once")
    #expect(nothing.status == 0 && nothing.out.isEmpty && nothing.err.isEmpty, "\(nothing.text)")
    try clone.must("set", "cfg:a", "1")
    #expect(try world.worker("--dry-run", "--drain").status == 6)
    #expect(try world.mirror.id("refs/kv/main") != world.gate.repo.id("refs/kv/main"))
  }
}
