import Testing

/// Which branches are relayed, and what stands in the way.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RelayRuleStories {
  @Test func thePolicyDecides() throws {
    let world = try MirrorWorld.relay(policy: MirrorWorld.relaying(branches: ""))
    let clone = try world.clone("w")
    let id = try clone.commit("1")
    try world.land(clone, "HEAD:refs/heads/usual")
    #expect(try world.both("refs/heads/usual") == [id, id])

    try world.gate.setPolicy(MirrorWorld.relaying(branches: "local"))
    try world.land(clone, "HEAD:refs/heads/local")
    #expect(try world.both("refs/heads/local") == [id, nil])

    try world.gate.setPolicy(MirrorWorld.relaying(branches: "reject"))
    try world.refuse(clone, ["HEAD:refs/heads/x"], 3, "refs/heads/x", hint: "mirror's url")

    let showroom = "max_pushes_per_minute: 60000, showroom: true"
    for branches in ["relay", "local"] {
      try world.gate.setPolicy(MirrorWorld.relaying(showroom, branches: branches))
      for name in ["refs/heads/kv/main", "refs/heads/kv/a/b", "refs/heads/kv"] {
        try world.refuse(clone, ["HEAD:refs/heads/x", "HEAD:\(name)"], 3, "'\(name)' belongs to the showroom")
      }
    }
    try world.gate.setPolicy(MirrorWorld.relaying())
    try world.land(clone, "HEAD:refs/heads/kv/x")
    #expect(try world.both("refs/heads/kv/x") == [id, id])

    try world.gate.repo.must("config", "--unset", "remote.github-origin.url")
    try world.refuse(clone, ["HEAD:refs/heads/x"], 3, "refs/heads/x", "has none", hint: "branches: local")
    try world.gate.repo.must("config", "kv.mirror", "elsewhere")
    try world.refuse(clone, ["HEAD:refs/heads/x"], 5, "there is no remote 'elsewhere'")
    try world.gate.repo.must("config", "--unset", "kv.mirror")
    try world.gate.setPolicy(MirrorWorld.relaying(branches: ""))
    try world.land(clone, "HEAD:refs/heads/x")
    #expect(try world.both("refs/heads/x") == [id, nil])
  }

  @Test func deletionsAndRewrites() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.clone("w")
    let first = try clone.commit("1")
    let second = try clone.commit("2")
    for name in ["trunk", "a", "b", "c"] { try world.land(clone, "HEAD:refs/heads/\(name)") }
    try world.land(clone, "HEAD:refs/tags/v1")

    // As install.sh sets a Stargate up.
    try world.refuse(clone, [":refs/heads/a"], 3, "'receive.denyDeletes' is set", hint: "mirror's url")
    try world.refuse(
      clone, ["+HEAD~1:refs/heads/a", "HEAD:refs/heads/new"], 3, "'receive.denyNonFastForwards' is set",
      hint: "mirror's url")
    // Both are about branches alone.
    try world.land(clone, "+HEAD~1:refs/tags/v1")
    #expect(try world.both("refs/tags/v1") == [first, first])

    for setting in ["receive.denyDeletes", "receive.denyNonFastForwards"] {
      try world.gate.repo.must("config", setting, "false")
    }
    try world.land(clone, "+HEAD~1:refs/heads/a", ":refs/heads/b", ":refs/tags/v1")
    #expect(try world.both("refs/heads/a") == [first, first])
    #expect(try world.both("refs/heads/b") == [nil, nil])
    #expect(try world.both("refs/tags/v1") == [nil, nil])
    try world.refuse(clone, [":refs/heads/trunk"], 3, "'refs/heads/trunk': deletion of the current branch")
    try world.gate.repo.must("symbolic-ref", "HEAD", "refs/heads/trunk")
    try world.refuse(clone, [":refs/heads/trunk"], 3, "the current branch", hint: "receive.denyDeleteCurrent")

    // Only while the mirror has what is here.
    let moved = try clone.repo.must("commit-tree", "-p", second, "-m", "elsewhere", "HEAD^{tree}")
    try clone.repo.must("push", "-q", world.mirror.path, "\(moved):refs/heads/c")
    for spec in [":refs/heads/c", "+HEAD~1:refs/heads/c"] {
      try world.refuse(clone, [spec], 2, "'refs/heads/c': stale info", hint: "origin")
    }
    // What is gone there need not be deleted.
    try world.mirror.must("update-ref", "-d", "refs/heads/c")
    try world.land(clone, ":refs/heads/c")
    #expect(try world.both("refs/heads/c") == [nil, nil])
    // The mirror's own settings hold as well.
    try world.mirror.must("config", "receive.denyDeletes", "true")
    try world.refuse(clone, [":refs/heads/a"], 3, "'refs/heads/a': deletion prohibited")

    try world.box.untilQuiet()
    let tracked = try world.gate.repo.refs().filter { $0.key.hasPrefix("refs/kv-tracking/branches/") }
    #expect(tracked == ["refs/kv-tracking/branches/heads/a": first, "refs/kv-tracking/branches/heads/trunk": second])
  }

  @Test func withoutAtomicPush() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.clone("w")
    let id = try clone.commit("1")
    try world.mirror.must("config", "receive.advertiseAtomic", "false")
    try world.land(clone, "--atomic", "HEAD:refs/heads/a", "HEAD:refs/heads/b")
    #expect(try world.both("refs/heads/a") == [id, id])
    #expect(try world.both("refs/heads/b") == [id, id])

    try world.mirrorHook("update", "case $1 in *bad) echo not this; exit 1; esac")
    let before = try Snapshot(world.gate)
    let outcome = try world.push(clone, ["HEAD:refs/heads/a", "HEAD:refs/heads/c", "HEAD:refs/heads/bad"])
    let refusal = Refusal(outcome)
    #expect(refusal.problems([3], "the mirror refused 'refs/heads/bad': hook declined") == [], "\(outcome.errors)")
    #expect(refusal.hints.contains { $0.contains("has taken 'refs/heads/c', which") }, "\(outcome.errors)")
    #expect(try Snapshot(world.gate).changes(since: before) == [])
    #expect(try world.both("refs/heads/c") == [nil, id])
    try world.land(clone, "HEAD:refs/heads/c")

    try world.gate.setPolicy(MirrorWorld.relaying("atomic: always"))
    for specs in [["HEAD:refs/heads/d"], ["HEAD:refs/heads/d", "HEAD:refs/heads/e"]] {
      try world.refuse(clone, specs, 3, "the mirror takes no atomic pushes", hint: "atomic: auto")
    }
    try world.gate.setPolicy(MirrorWorld.relaying("atomic: never"))
    try world.mirror.must("config", "receive.advertiseAtomic", "true")
    try world.land(clone, "HEAD:refs/heads/d", "HEAD:refs/heads/e")
    #expect(try world.both("refs/heads/e") == [id, id])
  }

  @Test func theMirrorCannotBeAsked() throws {
    let world = try MirrorWorld.relay(Way(format: .sha1, transport: .ssh))
    let clone = try world.clone("w")
    try clone.commit("1")
    try clone.repo.must("remote", "set-url", "--push", "origin", world.gate.path)
    let (away, specs) = (world.box.path("away"), ["HEAD:refs/heads/a", "HEAD:refs/heads/b"])
    try world.box.must(["mv", world.mirror.path, away])
    func down(_ words: String, _ hint: String) throws -> Outcome {
      let before = try Snapshot(world.gate)
      let outcome = try world.push(clone, specs)
      let refusal = Refusal(outcome)
      #expect(refusal.problems([5], words) == [], "\(outcome.errors)")
      #expect(refusal.hints.contains { $0.contains("nothing has been changed") && $0.contains(hint) })
      #expect(try Snapshot(world.gate).changes(since: before) == [])
      return outcome
    }
    _ = try down("cannot relay to the mirror: ", "once it answers")
    // A host that lets nobody in, in its own words.
    let keys = world.box.path("sshd/authorized")
    let key = try Files.text(keys)
    try Files.write(keys, "command=\"echo FATAL: W any repo dev DENIED >&2; exit 1\" \(key)", mode: 0o600)
    #expect(try down("cannot relay", "").errors.contains("remote: mirror: FATAL: W any repo dev DENIED"))
    try Files.write(keys, "", mode: 0o600)
    _ = try down("Permission denied", "does not let this Stargate in")
    // A password in the url stays here.
    try world.gate.repo.must("config", "remote.github-origin.url", "http://me:secret@127.0.0.1:1/x.git")
    let outcome = try down("'http://127.0.0.1:1/x.git'", "")
    #expect(!outcome.errors.contains("secret"), "\(outcome.errors)")

    try Files.write(keys, key, mode: 0o600)
    try world.gate.repo.must("config", "remote.github-origin.url", world.server!.url(world.mirror.path))
    try world.box.must(["mv", away, world.mirror.path])
    try world.land(clone, "HEAD:refs/heads/a", "HEAD:refs/heads/b")
  }
}
