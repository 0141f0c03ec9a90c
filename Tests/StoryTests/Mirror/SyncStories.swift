import Testing

/// `git kv stargate sync`: who may, how far, and what comes between.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct SyncStories {
  /// A world in which main has lost a commit on the mirror, and somebody has written over the other namespace there.
  private func parted(_ policy: String = MirrorWorld.policy()) throws -> (world: MirrorWorld, lost: String) {
    let world = try MirrorWorld(policy: policy)
    let clone = try world.start("w", MirrorWorld.namespaces)
    try clone.must("set", "cfg:a", "1")
    guard try world.worker("--once").status == 0 else { throw Broken("the worker does not work") }
    let lost = try world.mirror.must("commit-tree", "-m", "x", "-p", "refs/kv/other", "refs/kv/other^{tree}")
    try world.mirror.must("update-ref", "refs/kv/other", lost)
    try world.mirror.must("update-ref", "refs/kv/main", try world.mirror.must("rev-parse", "refs/kv/main~1"))
    return (world, lost)
  }

  @Test func oneNamespace() throws {
    let (world, lost) = try parted()
    #expect(try world.worker("--once").status == 11)
    #expect(try world.stargate("sync", "--ns", "main").status == 6)
    #expect(try world.stargate("sync", "--ns", "other").status == 11)
    #expect(try world.stargate("sync", "--ns", "nobody").line == "the mirror is as it should be")
    #expect(try world.stargate("sync", "--ns", "main", "--repair").status == 0)
    #expect(try world.mirror.id("refs/kv/main") == world.gate.repo.id("refs/kv/main"))
    #expect(try world.mirror.id("refs/kv/other") == lost)
    // The rest is told of still, and main goes on.
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "drift", "\(status.text)")
    #expect(status["mirror"]?["drift"]?.text.contains("refs/kv/other") == true, "\(status.text)")
    #expect(status["mirror"]?["drift"]?.text.contains("refs/kv/main") == false, "\(status.text)")
    try Clone(repo: Repo(box: world.box, path: world.box.path("w"))).must("set", "cfg:b", "1")
    #expect(try world.worker().status == 11)
    #expect(try world.mirror.id("refs/kv/main") == world.gate.repo.id("refs/kv/main"))
    #expect(try world.stargate("sync", "--ns", "other", "--force", key: Keys.admin).status == 0)
    #expect(try world.status()["mirror"]?["state"]?.string == "ok")
    #expect(try Together.broken(world) == [])
  }

  /// What was found is noted, so that status and the worker know it at once.
  @Test func healedByHand() throws {
    let (world, _) = try parted()
    #expect(try world.worker("--once").status == 11)
    for ns in MirrorWorld.namespaces {
      try world.mirror.must("update-ref", "refs/kv/\(ns)", try world.mirror.must("rev-parse", "refs/kv-mirror/\(ns)"))
    }
    #expect(try world.stargate("sync", "--dry-run").status == 0)
    #expect(try world.status()["mirror"]?["state"]?.string == "drift")
    #expect(try world.stargate("sync").status == 0)
    #expect(try world.status()["mirror"]?["state"]?.string == "ok")
    #expect(try Together.broken(world) == [])
  }

  /// Keys of every kind, and signatures that are none for this.
  @Test func signatures() throws {
    let admins = [Keys.ecdsa, Keys.rsa].map { "\n    - \"\($0.line)\"" }.joined()
    let (world, lost) = try parted(MirrorWorld.policy().replacing("\nnamespaces:", with: "\(admins)\nnamespaces:"))
    let old = world.box.path("old.sig")
    let real = "exec ssh-keygen -Y sign -n"
    let keep = "tee '\(world.box.path("challenge"))' | ssh-keygen -Y sign -n git-kv-admin -f \(Keys.admin.path)"
    for (script, words) in [
      ("\(real) git -f \(Keys.admin.path)", "is not signed by an SSH key for 'git-kv-admin'"),
      ("echo more | \(real) git-kv-admin -f \(Keys.admin.path)", "has a bad signature"),
      ("\(real) git-kv-admin -f \(Keys.writer.path)", "is signed by a key that is not in 'admins'"),
      // The first is cut off after it has signed, the second uses that signature again.
      ("\(keep) >'\(old)'; exit 1", "signing failed"), ("cat '\(old)'", "has a bad signature"),
      ("echo -----BEGIN x", "is not signed by an SSH key"),
    ] {
      let program = world.box.path("signer")
      try Files.write(program, "#!/bin/sh\n\(script)\n", mode: 0o755)
      try world.gate.repo.must("config", "gpg.ssh.program", program)
      let outcome = try world.stargate("sync", "--force")
      let code: Int32 = words == "signing failed" ? 5 : 3
      #expect(outcome.status == code && outcome.errors.contains(words), "\(script): \(outcome.errors)")
      #expect(try world.mirror.id("refs/kv/other") == lost)
    }
    let challenge = try Files.text(world.box.path("challenge"))
    #expect(challenge.hasPrefix("git-kv admin challenge\nhost: ") && challenge.contains("\nmode: force\n"))
    #expect(challenge.contains("\nmirror: \(world.mirror.path)\n") && challenge.contains("\nplan: blake2b-256:"))
    try world.gate.repo.must("config", "--unset", "gpg.ssh.program")
    for key in [Keys.ecdsa, Keys.rsa, Keys.admin] {
      try world.mirror.must("update-ref", "refs/kv/other", lost)
      let outcome = try world.stargate("sync", "--force", key: key)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try world.mirror.id("refs/kv/other") == world.gate.repo.id("refs/kv/other"))
    }
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// What comes to the mirror after the plan was made is not overwritten: the plan was signed, and not this.
  @Test func somebodyIsFaster() throws {
    let (world, lost) = try parted()
    let newer = try world.mirror.must("commit-tree", "-m", "newer", "-p", lost, "\(lost)^{tree}")
    let program = world.box.path("signer")
    try Files.write(
      program,
      "#!/bin/sh\ngit --git-dir='\(world.mirror.path)' update-ref refs/kv/other \(newer)\nexec ssh-keygen \"$@\"\n",
      mode: 0o755)
    try world.gate.repo.must("config", "gpg.ssh.program", program)
    let before = try world.mirror.refs()
    let outcome = try world.stargate("sync", "--force", key: Keys.admin)
    #expect(outcome.status == 11 && outcome.errors.contains("has changed since the plan was made"), "\(outcome.errors)")
    #expect(try world.mirror.refs() == before.merging(["refs/kv/other": newer]) { $1 })
    #expect(try world.stargate("sync", "--force", key: Keys.admin).status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// An empty mirror in the place of the old one, which the worker does not fill by itself.
  @Test func aNewMirror() throws {
    let (world, _) = try parted()
    Files.remove(world.mirror.path)
    let away = try world.stargate("sync")
    #expect(away.status == 5 && away.errors.contains(world.mirror.path), "\(away.errors)")
    try world.box.must(["git", "init", "-q", "--bare", "--template=", world.mirror.path])
    let drift = try world.worker("--once")
    #expect(drift.status == 11 && drift.text.contains("is missing on the mirror, and "), "\(drift.text)")
    #expect(try world.mirror.refs().isEmpty)
    #expect(try world.stargate("sync", "--repair").status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// A Stargate that was brought back from an old backup takes nothing from its mirror.
  @Test func anOldStargate() throws {
    let world = try MirrorWorld()
    let clone = try world.start("w", MirrorWorld.namespaces)
    #expect(try world.worker("--once").status == 0)
    let saved = world.box.path("saved")
    try world.box.must(["cp", "-r", world.gate.path, saved])
    try clone.must("set", "cfg:a", "1")
    #expect(try world.worker("--once").status == 0)
    let refs = try world.mirror.refs()
    func goBack(_ pattern: String) throws {
      let script = "cd \(saved) && git for-each-ref --format='update %(refname) %(objectname)' \(pattern)"
      let lines = try world.box.must(["sh", "-c", script]) + "\n"
      try world.gate.repo.must("-c", "core.hooksPath=/dev/null", "update-ref", "--stdin", input: Array(lines.utf8))
    }
    // With and without the memory of what the mirror had.
    for pattern in ["refs/kv/main refs/kv-index/main", "refs/"] {
      try goBack(pattern)
      try clone.must("set", "cfg:b", "for \(pattern)", "--ns", "other")
      for mode in [[], ["--once"]] {
        let outcome = try world.box.run(world.workerCommand + mode)
        #expect(outcome.status == 11, "\(pattern): \(outcome.text)")
        #expect(try world.mirror.id("refs/kv/main") == refs["refs/kv/main"])
        #expect(try world.mirror.id("refs/kv/other") == world.gate.repo.id("refs/kv/other"))
      }
      #expect(try world.status()["mirror"]?["drift"]?.text.contains("refs/kv") == true)
      #expect(try world.stargate("sync", "--repair").status == 11)
      #expect(try world.mirror.id("refs/kv/main") == refs["refs/kv/main"])
    }
    #expect(try world.stargate("sync", "--force", key: Keys.admin).status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// A lock that a kill has left on a ref keeps nobody for long.
  @Test func aLeftLock() throws {
    let world = try MirrorWorld()
    _ = try world.start("w", MirrorWorld.namespaces)
    try world.box.must(["touch", "-d", "1 minute ago", "\(world.gate.path)/refs/kv/main.lock"])
    #expect(try world.worker("--once", limit: 9).status == 0)
    #expect(try world.mirror.id("refs/kv/main") == world.gate.repo.id("refs/kv/main"))
    Files.remove("\(world.gate.path)/refs/kv/main.lock")
    #expect(try Together.broken(world) == [])
  }
}
