import Testing

/// What a repository's settings make of its worker.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorSettingStories {
  /// The command line names the remote, else `kv.mirror`, else it is the one that install.sh makes.
  @Test(arguments: ["--remote", "kv.mirror"]) func anotherRemote(_ way: String) throws {
    let world = try MirrorWorld()
    _ = try world.start()
    let second = Repo(box: world.box, path: world.box.path("second.git"))
    try world.box.must(["git", "init", "-q", "--bare", second.path])
    try world.gate.repo.must("config", "remote.second.url", world.box.path("nowhere"))
    try world.gate.repo.must("config", "remote.second.pushurl", second.path)
    func worker(_ name: String) throws -> Outcome {
      if way == "--remote" { return try world.worker("--once", "--remote", name) }
      try world.gate.repo.must("config", "kv.mirror", name)
      return try world.worker("--once")
    }
    let unknown = try worker("third")
    #expect(unknown.status == 5 && unknown.errors.contains("'third' [5]"), "\(unknown.errors)")
    #expect(try worker("second").status == 0)
    #expect(try second.id("refs/kv-mirror/main") == world.gate.repo.id("refs/kv/main"))
    #expect(try world.mirror.refs().isEmpty)
    #expect(try world.status()["mirror"]?["remote"]?.string == (way == "--remote" ? "github-origin" : "second"))
  }

  /// Without a mirror there is a watchlog all the same.
  @Test func noMirror() throws {
    let world = try MirrorWorld()
    _ = try world.start()
    try world.gate.repo.must("remote", "remove", "github-origin")
    #expect(try world.worker("--once").status == 0)
    #expect(try world.mirror.refs().isEmpty)
    #expect(try Watch(world.gate.repo, "main", world.format).broken() == [])
    let status = try world.status()
    #expect(status["mirror"] == nil && status["backlog"]?["transactions"]?.int == 0, "\(status.text)")
    #expect(try world.stargate("status").text.contains("mirror:  none\n"))
    let sync = try world.stargate("sync")
    #expect(sync.status == 5 && sync.errors.contains("no mirror"), "\(sync.errors)")
  }

  /// Whoever does not lead pushes nothing, and says who does.
  @Test(arguments: [nil, "elsewhere", "torn"]) func standby(_ leader: String?) throws {
    let world = try MirrorWorld()
    _ = try world.start()
    if leader == "torn" {
      try Files.write(world.gate.leaderFile, "{\"host\":\"")
    } else if let leader {
      try world.gate.setLeader(leader)
    } else {
      Files.remove(world.gate.leaderFile)
    }
    for mode in ["--once", "--drain", "--dry-run"] {
      let outcome = try world.worker(mode)
      #expect(outcome.status == 0 && outcome.text.hasPrefix("standby: "), "\(mode): \(outcome.status) \(outcome.text)")
    }
    #expect(try world.mirror.refs().isEmpty)
    let sync = try world.stargate("sync", "--repair")
    #expect(sync.status == 9 && sync.errors.contains("does not lead"), "\(sync.errors)")
    let role = try world.status()["role"]
    #expect(role?["role"]?.string == "standby" && role?["leader"]?.string == (leader == "torn" ? nil : leader))
    #expect(try world.stargate("status").text.hasPrefix("role:    standby on "))
  }

  /// Branches for readers who know no other refs.
  @Test func showroom() throws {
    let world = try MirrorWorld(policy: MirrorWorld.policy("max_pushes_per_minute: 60000, showroom: true"))
    let clone = try world.start("w", MirrorWorld.namespaces)
    for value in 1...2 {
      try clone.must("set", "cfg:a", "\(value)")
      #expect(try world.worker("--once").status == 0)
      for ns in MirrorWorld.namespaces {
        #expect(try world.mirror.id("refs/heads/kv/\(ns)") == world.gate.repo.id("refs/kv/\(ns)"))
      }
      #expect(try Together.broken(world) == [])
    }
    // A branch that somebody pushed to is drift like any other.
    let other = try world.mirror.must("commit-tree", "-m", "x", try world.mirror.must("mktree"))
    try world.mirror.must("update-ref", "refs/heads/kv/other", other)
    try clone.must("set", "cfg:a", "3", "--ns", "other")
    let drift = try world.worker("--once")
    #expect(drift.status == 11 && drift.text.contains("refs/heads/kv/other"), "\(drift.text)")
    #expect(try world.mirror.id("refs/heads/kv/other") == other)
    #expect(try world.stargate("sync", "--force", key: Keys.admin).status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
    // A branch that is nobody's ledger is nobody's business.
    try world.mirror.must("update-ref", "refs/heads/kv/elsewhere", other)
    #expect(try world.worker("--once").status == 0)
    #expect(try world.stargate("sync", "--hard").status == 0)
    #expect(try world.mirror.id("refs/heads/kv/elsewhere") == other)
  }

  /// A large journal begins anew once all is on the mirror, with what the worker knows.
  @Test func rotation() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    #expect(try world.worker("--once").status == 0)
    let old = world.gate.journal.replacing("journal.", with: "journal.1.")
    #expect(!Files.exists(old))
    let line = try #require(try Files.text(world.gate.journal).split(separator: "\n").first)
    let many = String(repeating: line + "\n", count: (128 << 10) / line.utf8.count + 1)
    try Files.write(world.gate.journal, try Files.text(world.gate.journal) + many)
    try clone.must("set", "cfg:a", "1")
    try world.box.must(["mv", world.mirror.path, world.box.path("away.git")])
    #expect(try world.worker("--once").status == 10)
    #expect(!Files.exists(old))
    try world.box.must(["mv", world.box.path("away.git"), world.mirror.path])
    let before = try Files.text(world.gate.journal)
    #expect(try world.worker("--once").status == 0)
    #expect(try Files.text(old).hasPrefix(before))
    let after = try Files.text(world.gate.journal)
    #expect(after.split(separator: "\n").count == 1 && JSON(after)?["kind"]?.string == "mirror", "\(after)")
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "ok" && status["mirror"]?["lag_ms"]?.int != nil, "\(status.text)")
    #expect(status["journal"]?.text.hasPrefix(#"{"bytes":"#) == true && status["journal"]?["records"]?.int == 0)
    try clone.must("set", "cfg:a", "2")
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// Lines that are no records are told of, and go with the next rotation.
  @Test func corruptLines() throws {
    let world = try MirrorWorld()
    _ = try world.start()
    let sound = try Files.text(world.gate.journal)
    try Files.write(world.gate.journal, sound + "{\"torn\":\n" + String(repeating: "x\n", count: 64 << 10) + "{\"tail")
    let outcome = try world.worker("--once")
    #expect(outcome.status == 0 && outcome.text.contains("journal: line 5 is corrupt"), "\(outcome.text.prefix(300))")
    #expect(try Together.broken(world) == [])
    #expect(try world.status()["journal"]?["corrupt"]?.text == "[]")
  }
}
