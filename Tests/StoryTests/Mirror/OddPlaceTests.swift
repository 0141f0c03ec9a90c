import Testing

/// Places, settings and surroundings that a worker may find itself in.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct OddPlaceTests {
  /// Blanks and quotes in both paths, and a worker that is started in the middle of another repository's hook.
  @Test func namesAndVariables() throws {
    let world = try MirrorWorld(name: "ga te'\"$x.git", live: true)
    let odd = world.box.path("mir ror'\"$x.git")
    try Files.link(odd, to: world.mirror.path)
    try world.gate.repo.must("config", "remote.github-origin.url", odd)
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])

    try world.idle()
    try forge.set(1, world.gate.path)
    let other = world.box.path("other.git")
    try world.box.must(["git", "init", "-q", "--bare", other])
    let surroundings = [
      "GIT_DIR": other, "GIT_COMMON_DIR": other, "GIT_OBJECT_DIRECTORY": "\(other)/objects", "GIT_NAMESPACE": "x",
      "GIT_ALTERNATE_OBJECT_DIRECTORIES": "\(other)/objects", "GIT_QUARANTINE_PATH": "\(other)/objects/x",
      "GIT_WORK_TREE": other, "GIT_INDEX_FILE": "/nonexistent", "GIT_CONFIG": "/dev/null", "GIT_PREFIX": "x/",
      "GIT_SHALLOW_FILE": "\(other)/shallow", "GIT_GRAFT_FILE": "\(other)/grafts", "GIT_PUSH_OPTION_COUNT": "0",
      "GIT_REPLACE_REF_BASE": "refs/kv", "GIT_TRACE": "1", "GIT_REFLOG_ACTION": "push",
    ]
    let run = try world.box.run(world.workerCommand + ["--once"], env: surroundings)
    #expect(run.ok, "\(run.status) \(run.text)\(run.errors)")
    #expect(try Together.broken(world) == [])
    #expect(try Repo(box: world.box, path: other).refs() == [:])

    // From within the repository, as the hook starts it.
    try forge.set(2, world.gate.path)
    #expect(try world.box.run([world.workerCommand[0], "--repo", ".", "--once"], in: world.gate.path).ok)
    #expect(try Together.broken(world) == [])
  }

  /// A policy that is not understood refuses pushes; what was taken before goes to the mirror.
  @Test func brokenPolicy() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    try world.gate.setPolicy("version: 1\nnonsense: true\n")
    let run = try world.worker("--once")
    #expect(run.ok && run.text.contains("; the defaults hold"), "\(run.status) \(run.text)")
    #expect(try Together.broken(world) == [])
  }

  @Test(arguments: ObjectFormat.allCases, [true, false])
  func otherFormat(_ format: ObjectFormat, _ isEmpty: Bool) throws {
    let world = try MirrorWorld(Way(format: format, transport: .path))
    let forge = try Forge(world.box, "forge.git", format)
    try forge.set(0, world.gate.path)
    let other = Repo(box: world.box, path: world.box.path("other.git"))
    let opposite = ObjectFormat.allCases.first { $0 != format }!
    try world.box.must(["git", "init", "-q", "--bare", "--object-format=\(opposite)", other.path])
    if !isEmpty {
      let commit = try other.must("commit-tree", "-m", "x", try other.must("mktree"))
      try other.must("update-ref", "refs/heads/x", commit)
    }
    try world.gate.repo.must("config", "remote.github-origin.url", other.path)
    let run = try world.worker("--once")
    #expect(run.status == 10 && run.text.contains("of another object format"), "\(run.status) \(run.text)")
    #expect(try world.status()["mirror"]?["state"]?.string == "refused")
    try world.gate.repo.must("config", "remote.github-origin.url", world.mirror.path)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }

  /// The clock was wrong when the worker noted when to go on: it does not wait for that day.
  @Test func clockOfTheFuture() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    #expect(try world.worker("--once").ok)
    try forge.set(1, world.gate.path)
    for instant in ["4000000000000", "9223372036854775807"] {
      let failures = instant.count < 19 ? "1" : instant
      let head = "{\"arrival\":\(instant),\"contact\":\(instant),\"failures\":\(failures),\"kind\":\"mirror\""
      let (next, tail) = ("\"next\":\(instant)", "\"ts\":\"2096-10-02T07:06:40Z\",\"v\":1}")
      let sum = try world.box.must(["b2sum", "-l", "256"], input: Array("\(head),\(next),\(tail)".utf8)).prefix(64)
      let line = "\(head),\(next),\"sum\":\"\(sum)\",\(tail)\n"
      try Files.write(world.gate.journal, try Files.text(world.gate.journal) + line)
      // The line counts as one of the worker's own, but for numbers that cannot be.
      let corrupt = try world.status()["journal"]?["corrupt"]
      #expect((corrupt == .array([])) == (instant.count < 19), "\(instant): \(corrupt?.text ?? "")")
      let run = try world.worker("--drain", limit: 20)
      #expect(run.ok, "\(instant): \(run.status) \(run.text)\(run.errors)")
      #expect(try Together.broken(world) == [])
      try forge.set(2, world.gate.path)
    }
  }
}
