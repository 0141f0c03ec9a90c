import Testing

/// `git kv rollback`: the store as it was, by a transaction like any other.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RollbackStories {
  @Test func acrossEpochs() throws {
    let made = try HistoryWorld()
    let world = made.world
    let clone = try made.fresh("fresh")
    let before = try world.gate.repo.refs()
    let plan = try clone.must("rollback", "--dry-run", "2026-11-04")
    #expect(plan.split(separator: "\n").map { $0.suffix(2) } == ["\tk", "er"], "\(plan)")
    #expect(try world.gate.repo.refs() == before)

    // The chunks of the first epoch are neither here nor in the third.
    let done = try clone.json("rollback", "2026-11-04", "--prefix", "k", "--trailer", "Approved-by: Ada")
    #expect(done["set"]?.int == 1 && done["del"]?.int == 0 && done["pushed"]?.bool == true, "\(done)")
    #expect(try clone.kv("get", "k").text == HistoryWorld.big)
    #expect(try clone.kv("get", "--allow-expired", "other").ok)
    let old = try clone.json("get", "--at", "2026-11-04", "k")
    let new = try clone.json("get", "k", "--read-from=stargate")
    for field in ["etag", "blob", "created_at", "created_by"] { #expect(old[field] == new[field], "\(field)") }
    let said = try world.gate.repo.must("log", "-1", "--format=%B", "refs/kv/main")
    #expect(said.hasPrefix("kv: rollback to ") && said.contains("of 2026-11-04T00:00:00Z, keys that begin with 'k'\n"))
    #expect(said.contains("Approved-by: Ada"))
    #expect(try world.gate.repo.refs()["refs/kv-chunks/main@E3"] != nil)
    #expect(try world.clone("other").must("get", "k", "--read-from=stargate") == HistoryWorld.big)
    #expect(try clone.must("rollback", "2026-11-04", "--prefix", "k") == "nothing to do")
    try world.box.untilQuiet()
    #expect(try Invariants.broken(world.gate.repo, ns: "main", format: world.format) == [])
  }

  /// What has to change is decided by what the transaction lands on.
  @Test func somebodyIsFaster() throws {
    let made = try HistoryWorld()
    let clone = made.dev
    let other = try made.world.clone("other")
    try other.must("set", "late", "x")
    let hook = "\(clone.repo.path)/.git/hooks/pre-push"
    try Files.makeFolder("\(clone.repo.path)/.git/hooks")
    try Files.write(
      hook,
      "#!/bin/sh\nrm -f '\(hook)'\nunset GIT_DIR GIT_PREFIX GIT_WORK_TREE\ncd '\(other.repo.path)' && git kv set later x >/dev/null\n",
      mode: 0o755)
    let tip = try clone.repo.must("rev-parse", "refs/kv/main")
    let done = try clone.json("rollback", tip)
    #expect(done["del"]?.int == 2 && done["tries"]?.int == 2, "\(done)")
    #expect(try clone.must("list") == "k")
    #expect(try clone.must("diff", tip, "--offline") == "")

    // Kept here, pushed later; and back again.
    let away = try clone.json("rollback", "--no-push", "\(tip)~1", "--message", "back")
    #expect(away["pushed"]?.bool == false, "\(away)")
    #expect(try clone.kv("get", "k").text == "two")
    try clone.must("push")
    #expect(try clone.must("rollback", tip).contains("set 1, deleted 0"))
    #expect(try other.kv("get", "k", "--read-from=stargate").text == "three")
  }
}
