import Testing

/// `git kv wait` where the Stargate is asked, where there is no mirror, and where there is nobody at all.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WaitPlaceStories {
  @Test(arguments: Transport.allCases) func theStargate(_ transport: Transport) throws {
    let stage = try HandMirror(Way(format: .sha1, transport: transport))
    let (clone, reader) = try (stage.start(), stage.clone("r"))
    let seen = try clone.json("wait", "--visible-on=stargate", "--timeout", "0s")
    #expect(try seen["visible_on"]?.string == "stargate" && seen["seen"]?.string == clone.tip())
    try clone.must("set", "cfg:a", "1", "--no-push")
    let pending = try clone.kv("wait", "--visible-on", "stargate", "--timeout", "0s")
    #expect(pending.status == 10 && pending.errors.contains("refs/kv/main is"), "\(pending.errors)")
    #expect(pending.errors.contains("1 behind") && pending.errors.contains("git kv push"), "\(pending.errors)")
    #expect(try clone.kv("wait", "--timeout", "0s").errors.contains("'git kv push' sends it"))
    try clone.must("push")
    try stage.world.clone("other").must("set", "cfg:b", "2")
    for waiter in [clone, reader] {
      #expect(try waiter.kv("wait", "--oid", clone.tip(), "--visible-on=stargate", "--timeout", "0s").ok)
    }
    #expect(try reader.repo.id("refs/kv/main") == nil)
    // Another place that the policy reads from.
    let replica = stage.world.box.path("replica.git")
    try stage.world.box.must(["git", "clone", "-q", "--bare", stage.world.gate.path, replica])
    try Files.makeFolder(clone.repo.path + "/.kv")
    try Files.write(
      clone.repo.path + "/.kv/policy.yaml",
      World.policy.replacing("stargate:\n", with: "stargate:\n  read_url: \"\(replica)\"\n"))
    let empty = try clone.kv("wait", "--visible-on=stargate", "--timeout", "0s")
    #expect(empty.status == 10 && empty.errors.contains("there is no refs/kv/main"), "\(empty.errors)")
  }

  /// Where url and pushurl are one place, that one is waited for; it has no watermark.
  @Test func onePlace() throws {
    let world = try World(live: true)
    let clone = try world.start()
    let seen = try clone.json("wait", "--timeout", "0s")
    #expect(try seen["visible_on"]?.string == "github" && seen["seen"]?.string == clone.tip())
    try clone.must("set", "cfg:a", "1", "--no-push")
    #expect(try clone.kv("wait", "--timeout", "0s").status == 10)
    #expect(try clone.json("push", "--wait")["mirrored"]?.bool == true)
    #expect(try world.gate.repo.id("refs/kv-mirror/main") == nil)
  }

  @Test func noRemote() throws {
    let world = try World(live: true)
    let clone = try world.clone("w")
    try clone.repo.must("remote", "remove", "origin")
    #expect(try clone.kv("wait").status == 5)
    try clone.must("init")
    let written = try clone.json("set", "cfg:a", "1", "--wait")
    #expect(written["pushed"]?.bool == false && written["mirrored"] == nil)
    let seen = try clone.json("wait", "--oid", "refs/kv/main~1")
    #expect(try seen["seen"]?.string == clone.tip() && seen["waited_ms"]?.int == 0)
    let absent = try clone.kv("wait", "--oid", String(repeating: "1", count: 40))
    #expect(absent.status == 5 && absent.errors.contains("no remote"), "\(absent.errors)")
  }

  /// One job writes, another waits for what it wrote and reads: never the value before.
  @Test func aFence() throws {
    let stage = try HandMirror()
    let (writer, reader) = try (stage.start(), stage.clone("r"))
    let stop = stage.world.box.path("stop")
    let script = """
      trap 'touch \(stop)' EXIT
      for i in $(seq 8); do
        oid=$(git kv --json set cfg:a $i) && oid=${oid#*'"ledger":"'} && oid=${oid%%'"'*} || exit
        git -C \(reader.repo.path) kv --quiet wait --oid $oid || exit
        seen=$(git -C \(reader.repo.path) kv get cfg:a --read-from=github) && [ "$seen" = $i ] || { echo $i $seen; exit 1; }
      done
      """
    let outcomes = try runTogether([
      stage.world.box.command(["sh", "-c", script], in: writer.repo.path), stage.worker(until: stop),
    ])
    #expect(outcomes[0].ok && outcomes[0].line == "", "\(outcomes[0].text)\(outcomes[0].errors)")
  }
}
