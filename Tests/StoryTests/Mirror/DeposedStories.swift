import Testing

/// Two Stargates that both take themselves for the leader: the mirror takes what the later one pushes.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct DeposedStories {
  /// A leader that slept through its own deposition; its refs would fast-forward.
  @Test(arguments: [[], ["--once"], ["--drain"]]) func theFirstOne(_ mode: [String]) throws {
    let world = try MirrorWorld()
    let clone = try world.start("w", MirrorWorld.namespaces)
    #expect(try world.worker("--once").status == 0)
    // The second one leads in term 2, and has something to say in another namespace.
    var second = world
    second.gate = Stargate(repo: Repo(box: world.box, path: world.box.path("second.git")), format: world.format)
    try world.box.must(["cp", "-r", world.gate.path, second.gate.path])
    try second.lead(term: 2)
    let other = try second.clone("other")
    try other.must("set", "cfg:a", "second", "--ns", "other")
    #expect(try second.worker("--once").status == 0)
    let refs = try world.mirror.refs()
    // The first one has not heard of it.
    try clone.must("set", "cfg:a", "first")
    let outcome = try world.box.run(world.workerCommand + mode)
    #expect(outcome.status == 9 && outcome.text.contains("deposed: the mirror follows "), "\(outcome.text)")
    #expect(outcome.text.contains("in term 2, and this host has term 1"), "\(outcome.text)")
    #expect(try world.mirror.refs() == refs)
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "deposed" && status["backlog"]?["transactions"]?.int == 1)
    for sync in [["sync"], ["sync", "--repair"], ["sync", "--force"], ["sync", "--hard"]] {
      let refused = try world.stargate(sync, key: Keys.admin)
      #expect(refused.status == 9 && refused.errors.contains("in term 2"), "\(sync): \(refused.errors)")
    }
    #expect(try world.box.run(world.workerCommand + mode).status == 9)
    #expect(try world.mirror.refs() == refs)
    // The second one goes on.
    try other.must("set", "cfg:b", "second")
    #expect(try second.worker("--once").status == 0)
    #expect(try Together.broken(second) == [])
    // Whoever leads again is let in, and finds what has parted meanwhile.
    try world.lead(term: 3)
    #expect(try world.worker("--once").status == 11)
    #expect(try world.stargate("sync", "--force", key: Keys.admin).status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
    #expect(try second.worker("--once").status == 9)
  }

  /// Another host, in a later term or the same one, or an earlier one.
  @Test(arguments: [(2, "elsewhere"), (1, "elsewhere"), (2, nil)])
  func anotherHost(_ term: Int, _ host: String?) throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    #expect(try world.worker("--once").status == 0)
    try clone.must("set", "cfg:a", "1")
    try world.forgeTerm(term, host)
    let refs = try world.mirror.refs()
    // The first finds out when its push is refused, the second when it looks.
    for mode in [[], ["--once"]] {
      #expect(try world.box.run(world.workerCommand + mode).status == 9)
      #expect(try world.mirror.refs() == refs)
    }
    try world.lead(term: term + 1)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// A term ref that was deleted or moved back by hand stops nobody; the next push brings it on.
  @Test(arguments: ["deleted", "rewound", "an earlier term"]) func aLostTerm(_ what: String) throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    try world.lead(term: 4)
    for i in 0..<3 {
      try clone.must("set", "cfg:a", "\(i)")
      #expect(try world.worker("--once").status == 0)
    }
    switch what {
    case "deleted": try world.mirror.must("update-ref", "-d", "refs/kv-term/leader")
    case "rewound":
      let before = try world.mirror.must("rev-parse", "refs/kv-term/leader~1")
      try world.mirror.must("update-ref", "refs/kv-term/leader", before)
    default: try world.forgeTerm(3, "elsewhere")
    }
    try clone.must("set", "cfg:a", "more")
    #expect(try world.worker().status == 0)
    #expect(try world.mirror.must("show", "refs/kv-term/leader:leader.json").contains(#""term":4}"#))
    #expect(try Together.broken(world) == [])
  }

  /// A term ref that no Stargate has written is somebody's: it is left alone until an admin says otherwise.
  @Test func noTerm() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    #expect(try world.worker("--once").status == 0)
    try clone.must("set", "cfg:a", "1")
    let junk = try world.mirror.must("commit-tree", "-m", "x", try world.mirror.must("mktree"))
    try world.mirror.must("update-ref", "refs/kv-term/leader", junk)
    let refs = try world.mirror.refs()
    for mode in [[], ["--once"], ["--once"]] {
      let outcome = try world.box.run(world.workerCommand + mode)
      #expect(outcome.status == 11 && outcome.text.contains("refs/kv-term/leader of the mirror is "), "\(outcome.text)")
      #expect(try world.mirror.refs() == refs)
    }
    #expect(try world.status()["mirror"]?["state"]?.string == "drift")
    #expect(try world.stargate("sync").status == 11)
    #expect(try world.stargate("sync", "--repair").status == 11)
    #expect(try world.stargate("sync", "--force", key: Keys.writer).status == 3)
    #expect(try world.mirror.refs() == refs)
    #expect(try world.stargate("sync", "--force", key: Keys.admin).status == 0)
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }
}

extension MirrorWorld {
  /// Makes this host the Stargate's leader.
  func lead(term: Int) throws {
    try Files.write(gate.leaderFile, "{\"host\":\(JSON.quote(try box.must(["uname", "-n"]))),\"term\":\(term)}\n")
  }

  /// Has a host push a term to the mirror, as its Stargate would.
  /// - Parameter host: nil for this one.
  func forgeTerm(_ term: Int, _ host: String?) throws {
    let name = try host ?? box.must(["uname", "-n"])
    let blob = try mirror.must(
      "hash-object", "-w", "--stdin", input: Array("{\"host\":\(JSON.quote(name)),\"term\":\(term)}\n".utf8))
    let tree = try mirror.must("mktree", input: Array("100644 blob \(blob)\tleader.json\n".utf8))
    let commit = try mirror.must("commit-tree", "-m", "term", "-p", "refs/kv-term/leader", tree)
    try mirror.must("update-ref", "refs/kv-term/leader", commit)
  }
}
