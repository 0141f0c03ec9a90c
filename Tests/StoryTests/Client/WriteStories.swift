import Testing

/// Races, conditions, times to live and transactions that wait.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WriteStories {
  /// A clone that has not seen the other's write builds on the old tip, loses, and does it again.
  @Test(arguments: Transport.allCases) func aLostRaceIsRebuilt(_ transport: Transport) throws {
    let world = try World(Way(format: .sha1, transport: transport))
    let (one, two) = (try world.start("one"), try world.clone("two"))
    #expect(try two.kv("get", "cfg:a").status == 1)
    try one.must("set", "cfg:a", "1")
    let written = try two.json("set", "cfg:b", "2")
    #expect(written["pushed"]?.bool == true && written["tries"]?.int == 2, "\(written.text)")
    #expect(try two.must("list") == "cfg:a\ncfg:b")
    #expect(try one.must("list") == "cfg:a\ncfg:b")
    #expect(try world.broken() == [])
  }

  @Test func compareAndSet() throws {
    let world = try World()
    let clone = try world.start()
    try clone.must("set", "cfg:a", "1")
    let first = try clone.json("get", "cfg:a")
    let (tree, blob) = (first["tree"]?.string ?? "", first["blob"]?.string ?? "")
    #expect(try tree == clone.repo.must("rev-parse", "refs/kv/main^{tree}"))
    try clone.must("cas", "set", "cfg:a", "2", "--expect-tree", tree, "--expect-blob", blob)
    let stale = try clone.kv("--json", "cas", "set", "cfg:a", "3", "--expect-tree", tree)
    let now = try clone.repo.must("rev-parse", "refs/kv/main^{tree}")
    let error = JSON(stale.text)?["error"]
    #expect(stale.status == 2 && error?["code"]?.int == 2 && error?["tree"]?.string == now, "\(stale.text)")
    #expect(error?["blob"]?.string == world.format.id("blob", Array("2".utf8)))
    #expect(stale.errors.contains(now))
    #expect(try clone.kv("cas", "set", "cfg:a", "3", "--expect-tree", now, "--expect-blob", blob).status == 2)
    #expect(try clone.kv("cas", "set", "cfg:a", "3", "--expect-tree", now, "--expect-blob", "-").status == 2)
    #expect(try clone.kv("cas", "set", "cfg:new", "3", "--expect-tree", now, "--expect-blob", blob).status == 2)
    #expect(try clone.kv("cas", "set", "cfg:a", "3").status == 64)
    try clone.must("cas", "set", "cfg:new", "3", "--expect-tree", now, "--expect-blob", world.format.zero)
    let next = try clone.repo.must("rev-parse", "refs/kv/main^{tree}")
    try clone.must("cas", "set", "cfg:newer", "3", "--expect-tree", next, "--expect-blob", "-")
    // Someone else's write that this clone has not seen.
    let other = try world.clone("other")
    try other.must("set", "cfg:x", "1")
    let seen = try clone.repo.must("rev-parse", "refs/kv/main^{tree}")
    #expect(try clone.kv("cas", "set", "cfg:a", "4", "--expect-tree", seen).status == 2)
    #expect(try other.must("get", "cfg:a") == "2")
    #expect(try world.broken() == [])
  }

  @Test func timesToLive() throws {
    let world = try World()
    let clone = try world.start()
    try clone.must("set", "cfg:short", "x", "--ttl", "1s")
    try clone.must("set", "cfg:long", "x", "--ttl", "30d")
    try clone.must("set", "cfg:date", "x", "--ttl", "2099-12-31T00:00:00Z")
    #expect(try clone.json("get", "cfg:date")["ttl"]?.string == "2099-12-31T00:00:00Z")
    let deadline = now() + 5
    while try clone.kv("get", "cfg:short", "--offline").status == 0, now() < deadline {}
    let expired = try clone.kv("get", "cfg:short")
    #expect(expired.status == 7 && expired.out.isEmpty, "\(expired.errors)")
    #expect(try clone.must("get", "cfg:short", "--allow-expired") == "x")
    #expect(try clone.must("list") == "cfg:date\ncfg:long")
    #expect(try clone.must("list", "--include-expired") == "cfg:date\ncfg:long\ncfg:short")
    try clone.must("set", "cfg:short", "again")
    #expect(try clone.must("get", "cfg:short") == "again")
    #expect(try clone.json("get", "cfg:short")["ttl"] == nil)
    for bad in ["1y", "-1d", "0s", "2026-02-30T00:00:00Z", "2001-01-01T00:00:00Z", "soon", ""] {
      #expect(try clone.kv("set", "cfg:bad", "x", "--ttl", bad).status == 64, "\(bad)")
    }
    #expect(try world.broken() == [])
  }

  @Test(arguments: Transport.allCases) func transactionsThatWait(_ transport: Transport) throws {
    let world = try World(Way(format: .sha256, transport: transport))
    let clone = try world.start()
    for i in 0..<3 { try clone.must("set", "cfg:\(i)", "\(i)", "--no-push", "--message", "step \(i)") }
    try clone.must("del", "cfg:1", "--no-push")
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "1")
    #expect(try clone.must("list") == "cfg:0\ncfg:2")
    #expect(try clone.must("list", "--read-from=stargate") == "")
    #expect(try clone.must("list", "--read-from=github") == "")
    // A fetch by anyone never drops what was not pushed.
    try clone.repo.must("fetch", "-q", "--all")
    #expect(try clone.must("list") == "cfg:0\ncfg:2")
    try clone.must("push")
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "5")
    #expect(try world.gate.repo.must("log", "-1", "--format=%s", "refs/kv/main~1") == "step 2")
    #expect(try world.broken() == [])
  }

  @Test func messagesAndTrailers() throws {
    let world = try World()
    let clone = try world.start()
    try clone.must(
      "set", "cfg:a", "1", "--message", "why\n\nbecause", "--trailer", "Approved-by: Zoë", "--trailer", "Ticket: 7")
    let message = try world.gate.repo.must("log", "-1", "--format=%B", "refs/kv/main")
    #expect(message.hasPrefix("why\n\nbecause\n\nKV-NS: main\n") && message.hasSuffix("Approved-by: Zoë\nTicket: 7"))
    for bad in ["KV-NS: other", "kv-x: 1", "Epoch: 2026Q1", "no colon", "Bad name: x", ": x", "Two: a\nKeys-Set: 9"] {
      let outcome = try clone.kv("set", "cfg:a", "2", "--trailer", bad)
      #expect(outcome.status == 64, "\(bad): \(outcome.status) \(outcome.errors)")
    }
    for odd in ["Keys-Set: 1", "\n\nlate", "#comment", "a\n\nKV-NS: main\n"] {
      let outcome = try clone.kv("set", "cfg:a", odd, "--message", odd)
      #expect(outcome.ok || outcome.status == 64, "\(odd): \(outcome.status) \(outcome.errors)")
    }
    #expect(try world.broken() == [])
  }

  /// An etag is of the value's bytes; this one another program can compute.
  @Test func etags() throws {
    let policy = World.policy.replacing(
      "max_value_inline", with: "etag: blake2b\n    verify: deep\n    max_value_inline")
    let world = try World(policy: policy)
    let clone = try world.start()
    try Files.makeFolder(clone.repo.path + "/.kv")
    try Files.write(clone.repo.path + "/.kv/policy.yaml", policy)
    try clone.must("set", "cfg:a", "the value")
    let sum = try world.box.must(["b2sum"], input: Array("the value".utf8)).split(separator: " ")[0]
    #expect(try clone.json("get", "cfg:a")["etag"]?.string == "blake2b:\(sum)")
    Files.remove(clone.repo.path + "/.kv")
    try clone.must("set", "cfg:b", "")
    #expect(
      try clone.json("get", "cfg:b")["etag"]?.string
        == "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
    #expect(try world.broken() == [])
  }

  /// Under verify: deep an etag of other bytes is refused.
  @Test func deepRecomputes() throws {
    let (gate, forge) = try Template.hooked[.sha256]!.get().copy()
    try gate.setPolicy(Row.at(.full, Template.policy("ledger_mode: linear", "verify: deep")))
    let lie = try forge.commit(gate.path, Row.setNew)
    #expect(!lie.ok && Refusal(lie).problems([8], "cfg:new") == [], "\(lie.errors)")
    var value = Value("new")
    value.etag = "blake2b:" + (try gate.repo.box.must(["b2sum"], input: value.bytes).prefix(128))
    let right = try forge.commit(gate.path) { $0.entries["cfg:new"] = value }
    #expect(right.ok, "\(right.errors)")
  }
}
