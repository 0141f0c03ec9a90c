import Testing

/// `git kv wait`: what the mirror shows is waited for, and nothing here moves.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WaitStories {
  @Test(arguments: ObjectFormat.allCases) func whatIsThere(_ format: ObjectFormat) throws {
    let stage = try HandMirror(Way(format: format, transport: .path))
    let clone = try stage.start()
    for i in 1...3 { try clone.must("set", "cfg:a", "\(i)") }
    try stage.show(upTo: "refs/kv/main~1")
    let shown = try clone.tip("~1")
    let before = try CloneState(clone)
    let first = try clone.json("wait", "--oid", shown, "--timeout", "0s")
    #expect(first["oid"]?.string == shown && first["seen"]?.string == shown && first["ns"]?.string == "main")
    #expect(first["visible_on"]?.string == "github" && first["waited_ms"]?.int != nil)
    let older = try clone.json("wait", "--oid", String(clone.tip("~3").prefix(12)), "--timeout", "0s")
    #expect(try older["oid"]?.string == clone.tip("~3") && older["seen"]?.string == shown)
    for name in ["refs/kv/main~2", "kv/main~1", String(shown.prefix(8)), shown.uppercased()] {
      #expect(try clone.kv("wait", "--oid", name, "--timeout=0s").ok, "\(name)")
    }
    let late = try clone.kv("wait", "--timeout", "0s")
    #expect(late.status == 10 && late.errors.contains("watermark is \(shown), 1 behind"), "\(late.errors)")
    #expect(late.errors.contains("stargate status") && late.errors.contains("--read-from=stargate"))
    #expect(try CloneState(clone).changes(since: before) == [])

    // Somewhere else, where nothing is known: the id says it all where it is the watermark, else one fetch does.
    let reader = try stage.clone("r")
    #expect(try reader.kv("wait", "--timeout", "0s").status == 5)
    #expect(try reader.must("wait", "--oid", shown, "--timeout", "0s") == "\(shown) is visible on github")
    #expect(try reader.repo.refs().isEmpty)
    #expect(try reader.kv("wait", "--oid", clone.tip("~3"), "--timeout", "0s").ok)
    #expect(try reader.repo.refs() == ["refs/kv-tracking/mirror/kv-mirror/main": shown])
    #expect(try reader.kv("wait", "--oid", clone.tip(), "--timeout", "0s").status == 10)
    #expect(try reader.must("get", "cfg:a") == "3")
  }

  @Test func itComesWhileOneWaits() throws {
    let stage = try HandMirror()
    let (clone, reader) = try (stage.start(), stage.clone("r"))
    try stage.show()
    try clone.must("set", "cfg:a", "1")
    let wanted = try clone.tip()
    try stage.world.clone("other").must("set", "cfg:b", "2")
    let traces = ["here", "elsewhere"].map { stage.world.box.path($0) }
    let polled = traces.map { "[ \"$(grep -c 'git ls-remote' \($0))\" -ge 2 ]" }.joined(separator: " && ")
    let outcomes = try runTogether([
      clone.command("wait", "--json", env: ["GIT_TRACE": traces[0]]),
      reader.command("wait", "--json", "--oid", wanted, env: ["GIT_TRACE": traces[1]]),
      stage.showing(once: polled),
    ])
    let seen = try stage.world.gate.repo.must("rev-parse", "refs/kv/main")
    for outcome in outcomes.dropLast() {
      let json = JSON(outcome.text)
      #expect(outcome.ok && json?["oid"]?.string == wanted && json?["seen"]?.string == seen, "\(outcome.errors)")
      #expect(json?["waited_ms"]?.int ?? 0 >= 80, "\(outcome.text)")
    }
    #expect(try clone.tip() == wanted && reader.repo.id("refs/kv/main") == nil)
    // One fetch for what was not known: the watermark of the beginning, at the reader's, and that of the end.
    let fetches = try traces.map { try Files.text($0).split(separator: "\n").count { $0.contains(" git fetch ") } }
    #expect(fetches == [1, 2])
  }

  /// Watermarks that do not hold the transaction, and are not to be trusted with anything else.
  @Test func forgedWatermarks() throws {
    let stage = try HandMirror()
    let clone = try stage.start()
    try stage.show()
    let root = try clone.tip()
    let lies = try [
      stage.forged(), stage.mirror.must("rev-parse", "refs/kv-index/main"), stage.mirror.must("mktree"),
      stage.mirror.must("hash-object", "-w", "--stdin", input: [0]),
    ]
    for lie in lies {
      try stage.mirror.must("update-ref", "refs/kv-mirror/main", lie)
      let late = try clone.kv("wait", "--oid", root, "--timeout", "0s")
      #expect(late.status == 10 && late.errors.contains("\(lie), which is not on the way to it"), "\(late.errors)")
    }
    try stage.mirror.must("update-ref", "-d", "refs/kv-mirror/main")
    let none = try clone.kv("wait", "--timeout", "0s")
    #expect(none.status == 10 && none.errors.contains("there is no watermark"), "\(none.errors)")
    #expect(try clone.tip() == root)
  }

  @Test func aMirrorThatDoesNotAnswer() throws {
    let stage = try HandMirror()
    var clone = try stage.start()
    let (here, away) = (stage.mirror.path, stage.world.box.path("away.git"))
    try stage.world.box.must(["mv", here, away])
    let never = try clone.kv("wait", "--timeout", "1s")
    #expect(never.status == 5 && never.errors.contains("fatal: '\(here)'"), "\(never.errors)")
    // It comes back, later than the first question.
    try stage.world.gate.repo.must("push", "-q", away, "refs/kv/main:refs/kv-mirror/main")
    let trace = stage.world.box.path("trace")
    let back = "until grep -q 'git ls-remote' \(trace); do sleep 0.01; done; mv \(away) \(here)"
    let outcomes = try runTogether([
      clone.command("wait", env: ["GIT_TRACE": trace]), stage.world.box.command(["sh", "-c", back]),
    ])
    #expect(outcomes[0].ok, "\(outcomes[0].errors)")
    // It goes away when it has been seen.
    try clone.must("set", "cfg:a", "1")
    let gone = "until [ $(grep -c 'git ls-remote' \(trace)) -ge 2 ]; do sleep 0.01; done; mv \(here) \(away)"
    Files.remove(trace)
    let lost = try runTogether([
      clone.command("wait", "--timeout", "1s", env: ["GIT_TRACE": trace]),
      stage.world.box.command(["sh", "-c", gone]),
    ])[0]
    #expect(lost.status == 10 && lost.errors.contains("1 behind; after that cannot ask"), "\(lost.errors)")
    // Who is not let in does not knock on for a minute.
    let ssh = stage.world.box.path("bin/no-ssh")
    try Files.write(ssh, "#!/bin/sh\necho 'git@h: Permission denied (publickey).' >&2\nexit 255\n", mode: 0o755)
    try clone.repo.must("remote", "set-url", "origin", "git@h:x")
    clone.env["GIT_SSH_COMMAND"] = ssh
    let begun = now()
    let locked = try clone.kv("wait")
    #expect(locked.status == 5 && locked.errors.contains("Permission denied") && now() - begun < 30)
  }

  /// The first commit of an epoch has no parent; the sealed head that it names counts where it is shown.
  @Test func sealedEpochs() throws {
    let stage = try HandMirror()
    let (clone, reader) = try (stage.start(), stage.clone("r"))
    try clone.must("set", "cfg:a", "1")
    try stage.show()
    let (head, mirror) = (try clone.tip(), stage.mirror)
    func seal(_ head: String, _ label: String) throws -> String {
      let tree = try mirror.must("rev-parse", "\(head)^{tree}")
      let message = "epoch\n\nKV-NS: main\nParent-Epoch: \(label)\nParent-Epoch-Ledger: \(head)\n"
      let root = try mirror.must("commit-tree", tree, "-F", "-", input: Array(message.utf8))
      try mirror.must("update-ref", "refs/kv-mirror/main", root)
      return root
    }
    let second = try seal(head, "2026Q4")
    #expect(try clone.kv("wait", "--timeout", "0s").status == 10)
    try mirror.must("update-ref", "refs/kv-archive/main@2026Q4", head)
    for waiter in [clone, reader] {
      #expect(try waiter.kv("wait", "--oid", clone.tip("~1"), "--timeout", "0s").ok)
      #expect(try waiter.kv("wait", "--oid", head, "--timeout", "0s").ok)
    }
    _ = try seal(second, "2027Q1")
    try mirror.must("update-ref", "refs/kv-archive/main@2027Q1", second)
    #expect(try stage.clone("r2").kv("wait", "--oid", head, "--timeout", "0s").ok)
    #expect(try stage.clone("r3").kv("wait", "--oid", stage.forged(), "--timeout", "0s").status == 10)
  }
}
