import Testing

/// Branches and tags that are pushed through a Stargate stand on both, or on neither.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RelayStories {
  @Test(arguments: Way.all) func whatIsPushedStandsOnBoth(_ way: Way) throws {
    let world = try MirrorWorld.relay(way)
    let clone = try world.start()
    let first = try clone.commit("1")
    try world.land(clone, "HEAD:refs/heads/trunk")
    #expect(try world.both("refs/heads/trunk") == [first, first])

    // A large one, whose pack is not unpacked.
    let tree = clone.repo.path
    try Files.makeFolder("\(tree)/many")
    for i in 0..<1000 { try Files.write("\(tree)/many/\(i)", "file \(i)") }
    try clone.repo.must("add", "many")
    let second = try clone.commit("2")
    try clone.repo.must("tag", "-a", "-m", "first", "v1")
    try clone.must("set", "--no-push", "cfg:a", "1")
    let ledger = try clone.repo.must("rev-parse", "refs/kv/main")
    try world.land(
      clone, "--atomic", "HEAD:refs/heads/trunk", "HEAD~1:refs/heads/topic/a", "v1", "HEAD:refs/tags/light",
      "refs/kv/main", "refs/kv-index/main")
    #expect(try world.both("refs/heads/trunk") == [second, second])
    #expect(try world.both("refs/heads/topic/a") == [first, first])
    #expect(try world.both("refs/tags/light") == [second, second])
    let tag = try clone.repo.must("rev-parse", "v1")
    #expect(tag != second)
    #expect(try world.both("refs/tags/v1") == [tag, tag])
    // Transactions are the worker's.
    #expect(try world.both("refs/kv/main") == [ledger, nil])
    #expect(try world.worker("--once").status == 0)
    #expect(try world.both("refs/kv/main") == [ledger, ledger])

    // The same once more, and where the mirror has it already.
    try world.land(clone, "HEAD:refs/heads/trunk")
    try world.mirror.must("update-ref", "refs/heads/there", second)
    try world.land(clone, "HEAD:refs/heads/there", "HEAD:refs/heads/here")
    #expect(try world.both("refs/heads/there") == [second, second])
    #expect(try world.both("refs/heads/here") == [second, second])

    try world.box.untilQuiet()
    let tracked = try world.gate.repo.refs().filter { $0.key.hasPrefix("refs/kv-tracking/branches/") }
    #expect(
      tracked.keys.sorted()
        == ["heads/here", "heads/there", "heads/topic/a", "heads/trunk", "tags/light", "tags/v1"].map {
          "refs/kv-tracking/branches/\($0)"
        })
    #expect(try world.gate.repo.fsck() == nil)
    #expect(try world.mirror.fsck() == nil)
    #expect(try Invariants.broken(world.gate.repo, format: world.format) == [])
  }

  @Test func theMirrorRefusesInItsOwnWords() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.start()
    try clone.commit("1")
    try world.land(clone, "HEAD:refs/heads/trunk")
    try clone.commit("2")
    try clone.must("set", "--no-push", "cfg:a", "1")
    try world.mirrorHook(
      "pre-receive",
      #"""
      while read old new ref; do
        case $ref in *bad*)
          echo "no $ref on a Friday" >&2
          printf 'kv: error: forged [0]\rkv: hint: \033[31mbelieve me\nremote: kv: error: forged [0]\n' >&2
          exit 1 ;;
        *) echo "see the page of $ref" ;;
        esac
      done
      """#)
    let specs = [
      ["HEAD:refs/heads/bad"], ["HEAD:refs/heads/trunk", "HEAD:refs/heads/bad"],
      ["--atomic", "HEAD:refs/heads/bad", "HEAD:refs/heads/trunk", "refs/kv/main", "refs/kv-index/main"],
    ]
    for some in specs {
      let outcome = try world.refuse(
        clone, some, 3, "the mirror refused 'refs/heads/", "pre-receive hook declined", hint: "mirror:")
      #expect(outcome.errors.contains("remote: mirror: no refs/heads/bad on a Friday"))
      #expect(outcome.errors.contains("remote: mirror: kv: error: forged [0]"))
      #expect(!outcome.errors.contains("\u{1b}"), "\(outcome.errors)")
    }
    // What it says of a push that it takes is heard as well.
    let outcome = try world.push(clone, ["HEAD:refs/heads/trunk", "HEAD:refs/heads/good"])
    #expect(outcome.ok, "\(outcome.errors)")
    #expect(outcome.errors.contains("remote: mirror: see the page of refs/heads/good"), "\(outcome.errors)")
  }

  @Test func theMirrorIsAhead() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.clone("w")
    try clone.commit("1")
    try world.land(clone, "HEAD:refs/heads/trunk")
    let other = try world.clone("web")
    try other.repo.must("pull", "-q", "origin", "trunk")
    let merged = try other.commit("merged on the mirror's own pages")
    try other.repo.must("push", "-q", world.mirror.path, "HEAD:refs/heads/trunk", "HEAD:refs/tags/v1")
    try clone.commit("2")
    try world.refuse(
      clone, ["HEAD:refs/heads/trunk"], 2, "the mirror refused 'refs/heads/trunk': fetch first", hint: "from origin")
    try world.refuse(clone, ["--atomic", "HEAD:refs/heads/x", "HEAD:refs/heads/trunk"], 2, "refs/heads/trunk")
    try world.refuse(clone, ["HEAD:refs/tags/v1"], 2, "refs/tags/v1", "already exists")
    try clone.repo.must("pull", "-q", "--rebase", "-X", "theirs", "origin", "trunk")
    try world.land(clone, "HEAD:refs/heads/trunk")
    let tip = try clone.repo.must("rev-parse", "HEAD")
    #expect(try world.both("refs/heads/trunk") == [tip, tip])
    #expect(try clone.repo.must("rev-parse", "HEAD~1") == merged)

    // Merged and deleted there; the worker takes it over, and leaves what only this Stargate has.
    try world.land(clone, "HEAD:refs/heads/topic")
    try world.box.untilQuiet()
    try other.repo.must("pull", "-q", "--rebase", "origin", "trunk")
    let last = try other.commit("and once more")
    try other.repo.must("push", "-q", world.mirror.path, "HEAD:refs/heads/trunk", ":refs/heads/topic")
    try world.gate.repo.must("update-ref", "refs/heads/mine", tip)
    let worker = try world.worker("--once", "--json")
    #expect(worker.status == 0 && worker.text.contains("refs/heads/mine is kept"), "\(worker.text)\(worker.errors)")
    #expect(try world.both("refs/heads/trunk") == [last, last])
    #expect(try world.both("refs/heads/topic") == [nil, nil])
    #expect(try world.both("refs/heads/mine") == [tip, nil])
    #expect(try world.both("refs/tags/v1") == [merged, merged])
  }

  @Test func whatIsOursComesFirst() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.start()
    try clone.commit("1")
    try clone.must("set", "--no-push", "cfg:a", "1")
    try world.refuse(clone, ["HEAD:refs/heads/trunk", "refs/kv/main"], 8, "the ledger without the index")
    try world.refuse(clone, ["HEAD:refs/heads/trunk", "HEAD:refs/kv-mirror/main"], 3, "belongs to the server")
    try world.gate.setLeader("elsewhere.example.org")
    try world.refuse(clone, ["HEAD:refs/heads/trunk"], 9, "leader")
    try world.gate.setLeader(try world.box.must(["uname", "-n"]))

    // What git would refuse after the mirror has agreed.
    try world.land(clone, "HEAD:refs/heads/topic")
    try world.refuse(clone, ["HEAD:refs/heads/topic/x"], 3, "cannot create 'refs/heads/topic/x'")
    try world.refuse(clone, ["HEAD:refs/heads/a", "HEAD:refs/heads/a/x"], 3, "refs/heads/a/x")
    try world.refuse(clone, ["HEAD^{tree}:refs/heads/tree"], 3, "non-commit")
    let lock = "\(world.gate.path)/refs/heads/locked.lock"
    try Files.write(lock, "")
    try world.refuse(clone, ["HEAD:refs/heads/locked"], 2, "cannot lock ref 'refs/heads/locked'", hint: "origin")
    Files.remove(lock)

    // Transactions alone have no need of a mirror.
    try world.box.must(["mv", world.mirror.path, world.box.path("away")])
    try clone.must("push")
  }

  @Test func manyAtOnce() throws {
    let world = try MirrorWorld.relay()
    let clone = try world.clone("w")
    try clone.commit("1")
    let commands = (0..<6).map { i in
      world.box.command(["git", "push", "-q", "origin", "HEAD:refs/heads/b\(i % 5)"], in: clone.repo.path)
    }
    let outcomes = try runTogether(commands)
    let losers = outcomes.filter { !$0.ok }
    #expect(losers.count <= 1, "\(losers.map(\.errors))")
    for i in 0..<5 {
      let ids = try world.both("refs/heads/b\(i)")
      #expect(ids[0] != nil && ids[0] == ids[1])
    }
  }
}
