import Testing

/// `git kv stargate` from a clone, on the same machine or over ssh.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct OperatorStories {
  @Test(arguments: Transport.allCases, ["gate.git", "the gate's \"own\" $(x).git"])
  func fromAClone(_ transport: Transport, _ name: String) throws {
    let world = try MirrorWorld(Way(format: .sha1, transport: transport), name: name)
    let clone = try world.start("w", MirrorWorld.namespaces)
    #expect(try world.worker("--once").status == 0)
    try clone.must("set", "cfg:a", "1")
    let status = try clone.kv("stargate", "status")
    #expect(status.ok && status.err.isEmpty, "\(status.errors)")
    #expect(status.text.contains("\nmain:    epoch 2026Q4, verify full, ledger "), "\(status.text)")
    #expect(status.text.contains(", 1 not on the mirror, 1 not in the watchlog\n"), "\(status.text)")
    #expect(status.text.hasPrefix("role:    leader on \(try world.box.must(["uname", "-n"])), term 1\n"))
    #expect(status.text.contains("mirror:  behind; github-origin, \(world.mirror.path); last push 2"), "\(status.text)")
    #expect(status.text.contains("backlog: 1 transactions, "), "\(status.text)")
    let json = try clone.json("stargate", "status")
    #expect(try json["namespaces"] == world.status()["namespaces"])
    #expect(json["journal"]?["corrupt"]?.text == "[]" && json["role"]?["role"]?.string == "leader", "\(json.text)")
    // Drift of the kind that has to be signed for.
    let lost = try world.mirror.must("commit-tree", "-m", "x", "-p", "refs/kv/main", "refs/kv/main^{tree}")
    try world.mirror.must("update-ref", "refs/kv/main", lost)
    let refs = try world.mirror.refs()
    let plan = try clone.kv("stargate", "sync")
    #expect(plan.status == 11 && plan.text.contains("refs/kv/main: overwrite \(lost) -> "), "\(plan.text)")
    #expect(plan.errors.hasPrefix("kv: error: the mirror would lose something: refs/kv/main"), "\(plan.errors)")
    #expect(try clone.kv("stargate", "sync", "--repair").status == 11)
    #expect(try clone.kv("stargate", "sync", "--force", "--dry-run").status == 6)
    #expect(try world.mirror.refs() == refs)
    let writer = try clone.kv("stargate", "sync", "--force")
    #expect(writer.status == 3 && writer.errors.contains("not in 'admins'"), "\(writer.errors)")
    try clone.repo.must("config", "user.signingKey", Keys.stranger.path)
    #expect(try clone.kv("--json", "stargate", "sync", "--hard").status == 3)
    try clone.repo.must("config", "user.signingKey", world.box.path("nowhere"))
    let unsigned = try clone.kv("stargate", "sync", "--force")
    #expect(unsigned.status == 5 && unsigned.errors.contains("signing failed"), "\(unsigned.errors)")
    #expect(try world.mirror.refs() == refs)
    try clone.repo.must("config", "user.signingKey", Keys.admin.path)
    let other = try clone.json("stargate", "sync", "--force", "--ns", "other")
    #expect(other["plan"]?.text == "[]" && other["mode"]?.string == "force", "\(other.text)")
    let forced = try clone.kv("stargate", "sync", "--force")
    #expect(forced.ok && forced.err.isEmpty && !forced.text.contains("challenge"), "\(forced.text)\(forced.errors)")
    #expect(try clone.must("stargate", "sync").hasSuffix("the mirror is as it should be"))
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// Errors as JSON come once, and are the Stargate's own.
  @Test(arguments: Transport.allCases) func errorsAsJSON(_ transport: Transport) throws {
    let world = try MirrorWorld(Way(format: .sha256, transport: transport))
    let clone = try world.start()
    let lines = try clone.kv("--json", "stargate", "sync").text.split(separator: "\n").map { JSON(String($0)) }
    #expect(lines.count == 2 && lines[0]?["mode"]?.string == "compare", "\(lines)")
    #expect(lines.last??["error"]?["code"]?.int == 6, "\(lines)")
    Files.remove(world.gate.leaderFile)
    let refused = try clone.kv("--json", "stargate", "sync")
    #expect(refused.status == 9 && JSON(refused.text)?["error"]?["code"]?.int == 9, "\(refused.text)")
    #expect(refused.errors.hasPrefix("kv: error: this host does not lead"), "\(refused.errors)")
  }

  /// Where no Stargate is.
  @Test func elsewhere() throws {
    let world = try MirrorWorld(Way(format: .sha1, transport: .ssh))
    let clone = try world.clone("w")
    try world.gate.repo.must("config", "--unset", "core.fsync")
    for (url, words) in [
      (world.server!.url(world.mirror.path), "no Stargate at that path"),
      (world.server!.url(world.box.path("nowhere")), "no Stargate at that path"),
      (world.mirror.path, "is no Stargate"),
      ("https://localhost:1/x.git", "runs no commands"),
      ("ssh://127.0.0.1:1/x.git", "cannot run a command on '127.0.0.1'"),
    ] {
      try clone.repo.must("config", "remote.origin.pushurl", url)
      let outcome = try clone.kv("stargate", "status")
      #expect(outcome.status == 5 && outcome.errors.contains(words), "\(url): \(outcome.status) \(outcome.errors)")
    }
    try clone.repo.must("remote", "remove", "origin")
    #expect(try clone.kv("stargate", "sync").errors.hasPrefix("kv: error: there is no Stargate here [5]"))
    for wrong in [["--repair", "--force"], ["--hard", "--force"], ["x"], ["--ns", "NO"]] {
      #expect(try world.stargate(["sync"] + wrong).status == 64, "\(wrong)")
    }
  }
}
