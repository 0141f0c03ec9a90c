import Testing

/// Where `git kv` is run, and which remotes there are.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct PlaceStories {
  @Test(arguments: ObjectFormat.allCases) func noRemoteAtAll(_ format: ObjectFormat) throws {
    let world = try World(Way(format: format, transport: .path))
    let clone = try world.clone("w")
    try clone.repo.must("remote", "remove", "origin")
    try clone.must("init")
    try clone.must("set", "cfg:a", "1")
    try clone.must("del", "cfg:a")
    try clone.must("set", "cfg:b", "2")
    #expect(try clone.must("get", "cfg:b") == "2")
    #expect(try clone.must("list") == "cfg:b")
    let tree = try clone.json("get", "cfg:b")["tree"]?.string ?? ""
    try clone.must("cas", "set", "cfg:b", "3", "--expect-tree", tree)
    #expect(try clone.json("set", "cfg:c", "3")["pushed"]?.bool == false)
    #expect(try Invariants.broken(clone.repo, format: format) == [])
    // A remote that comes later gets everything, transaction by transaction.
    try clone.repo.must("remote", "add", "origin", world.url)
    try clone.must("push")
    #expect(try world.gate.repo.id("refs/kv/main") == clone.repo.id("refs/kv/main"))
    #expect(try world.broken() == [])
  }

  @Test func subdirectoriesWorktreesAndBareRepositories() throws {
    let world = try World()
    var clone = try world.start()
    try Files.makeFolder(clone.repo.path + "/sub")
    try Files.makeFolder(clone.repo.path + "/sub/deeper")
    try Files.write(clone.repo.path + "/sub/deeper/value", "from below")
    clone.directory = clone.repo.path + "/sub/deeper"
    try clone.must("set", "cfg:sub", "value")
    #expect(try clone.must("get", "cfg:sub") == "from below")
    try clone.must("mset", "--file", "-", input: #"{"op":"set","key":"cfg:file","file":"value"}"# + "\n")
    #expect(try clone.must("get", "cfg:file") == "from below")

    let bare = try world.clone("bare.git", bare: true)
    #expect(try bare.must("get", "cfg:sub") == "from below")
    try bare.must("set", "cfg:bare", "1")
    #expect(try clone.must("get", "cfg:bare") == "1")

    try clone.repo.must("commit", "-q", "--allow-empty", "-m", "start")
    try clone.repo.must("worktree", "add", "-q", world.box.path("tree"))
    var tree = clone
    tree.directory = world.box.path("tree")
    try tree.must("set", "cfg:tree", "1")
    #expect(try clone.must("get", "cfg:tree") == "1")

    var elsewhere = clone
    elsewhere.directory = world.box.path("home")
    elsewhere.env["GIT_DIR"] = clone.repo.path + "/.git"
    #expect(try elsewhere.must("get", "cfg:sub") == "from below")
    #expect(try world.broken() == [])
  }

  @Test func outsideOfAnyRepository() throws {
    let world = try World()
    var clone = try world.clone("w")
    clone.directory = world.box.path("home")
    let outcome = try clone.kv("get", "cfg:a")
    #expect(outcome.status == 5 && outcome.errors.hasPrefix("kv: error: "), "\(outcome.errors)")
  }

  /// US-G1 and US-G12: one command finds the Stargate that the policy names.
  @Test(arguments: [true, false]) func remoteSetup(_ committed: Bool) throws {
    let world = try World()
    _ = try world.start("first")
    let mirror = world.box.path("mirror.git")
    try world.box.must(["git", "init", "-q", "--bare", "--object-format=\(world.format)", mirror])
    let clone = try world.clone("w")
    try clone.repo.must("remote", "set-url", "origin", mirror)
    try Files.makeFolder(clone.repo.path + "/.kv")
    let policy = World.policy.replacing("stargate:\n", with: "stargate:\n  push_url: \"\(world.url)\"\n")
    try Files.write(clone.repo.path + "/.kv/policy.yaml", policy)
    if committed {
      try clone.repo.must("add", ".kv")
      try clone.repo.must("commit", "-q", "-m", "policy")
      Files.remove(clone.repo.path + "/.kv")
    }
    try clone.must("remote", "setup")
    #expect(try clone.repo.must("config", "remote.origin.pushurl") == world.url)
    #expect(try clone.repo.must("config", "remote.origin.url") == mirror)
    let once = try Files.text(clone.repo.path + "/.git/config")
    #expect(once.contains("refs/kv/*:refs/kv-tracking/mirror/kv/*"))
    try clone.must("remote", "setup")
    #expect(try Files.text(clone.repo.path + "/.git/config") == once)
    try clone.must("set", "cfg:a", "1")
    #expect(try clone.must("get", "cfg:a") == "1")
    #expect(try world.broken() == [])
  }

  /// Reads go to the url and writes to the pushurl; each view shows exactly what it names.
  @Test func splitAddresses() throws {
    let world = try World()
    let other = try world.start("other")
    let mirror = Repo(box: world.box, path: world.box.path("mirror.git"))
    try world.box.must(["git", "init", "-q", "--bare", "--object-format=\(world.format)", mirror.path])
    let clone = try world.clone("w")
    try clone.repo.must("remote", "set-url", "origin", mirror.path)
    try clone.repo.must("remote", "set-url", "--push", "origin", world.url)
    func mirrorNow() throws {
      try mirror.must("fetch", "-q", world.gate.path, "+refs/*:refs/*")
    }
    func show(_ from: String...) throws -> String {
      let outcome = try clone.kv(["get", "cfg:a"] + from, [])
      return outcome.ok ? outcome.text : "exit \(outcome.status)"
    }
    try mirrorNow()
    try clone.must("set", "cfg:a", "mine")
    #expect(try show() == "mine")
    #expect(try show("--read-from=github") == "exit 1")
    #expect(try show("--read-from=stargate") == "mine")
    try mirrorNow()
    #expect(try show("--read-from=github") == "mine")
    try other.must("set", "cfg:a", "theirs")
    #expect(try show("--read-from=stargate") == "theirs")
    #expect(try show("--read-from=github") == "mine")
    try mirrorNow()
    #expect(try show() == "theirs")
    #expect(try show("--offline") == "theirs")
    #expect(try world.broken() == [])
  }

  /// A namespace beside main, by flag and by configuration.
  @Test func namespaces() throws {
    let policy =
      World.policy.replacing("  main:\n", with: "  main:\n") + """
          prod:
            ledger_mode: linear
            require_signed_commits: true
            writers:
              - "\(Keys.writer.line) writer"

        """
    let world = try World(policy: policy)
    let clone = try world.start()
    try clone.must("--ns", "prod", "init")
    try clone.must("--ns", "prod", "set", "cfg:a", "prod")
    try clone.must("set", "cfg:a", "main")
    #expect(try clone.must("get", "cfg:a", "--ns", "prod") == "prod")
    #expect(try clone.must("get", "cfg:a") == "main")
    try clone.repo.must("config", "kv.ns", "prod")
    #expect(try clone.must("get", "cfg:a") == "prod")
    #expect(try world.broken("prod") == [] && world.broken() == [])
  }

  /// The user's own ssh command and a repository's own are both used.
  @Test(arguments: ["environment", "configuration"]) func anSSHCommandOfOnesOwn(_ place: String) throws {
    let world = try World(Way(format: .sha1, transport: .ssh))
    var clone = try world.start()
    let log = world.box.path("ssh.log")
    let wrapper = world.box.path("my ssh")
    try Files.write(
      wrapper, "#!/bin/sh\necho called >>'\(log)'\nexec '\(world.box.path("bin/ssh"))' \"$@\"\n", mode: 0o755)
    if place == "environment" {
      clone.env["GIT_SSH_COMMAND"] = "'\(wrapper)'"
    } else {
      try clone.repo.must("config", "core.sshCommand", "'\(wrapper)'")
    }
    try clone.must("set", "cfg:a", "1")
    #expect(Files.exists(log))
    try clone.repo.must("config", "kv.sshMultiplex", "false")
    try clone.must("set", "cfg:a", "2")
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "3")
  }
}
