import Testing

/// `git kv audit`: whatever was done to a store behind the back of its hooks is found, at the link that it breaks.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct AuditStories {
  /// Three epochs with values in chunks, a deleted key, and a watchlog up to the end.
  private func threeEpochs(_ format: ObjectFormat = .sha1) throws -> (MirrorWorld, Clone) {
    let world = try MirrorWorld(
      Way(format: format, transport: .path), policy: MirrorWorld.policy(more: "max_value_inline: 4KiB"))
    let clone = try world.start()
    func big(_ text: String) -> String { String(repeating: text, count: 3000) }
    for (key, value) in [("cfg:a", "1"), ("cfg:c", "1"), ("cfg:big", big("0123456789"))] {
      try clone.must("set", key, "--value", value, "--no-push")
    }
    try clone.must("push")
    try clone.asAdmin { try clone.must("epoch", "new", "--label", "E2") }
    try clone.must("set", "cfg:a", "2")
    try clone.asAdmin { try clone.must("epoch", "new", "--label", "E3") }
    try clone.must("set", "cfg:a", "3", "--no-push")
    try clone.must("set", "cfg:big", "--value", big("9876543210"), "--no-push")
    try clone.must("set", "cfg:b", "1", "--no-push")
    try clone.must("del", "cfg:c")
    try #require(try world.worker("--once").ok)
    return (world, clone)
  }

  private func audit(_ repo: Repo, _ arguments: String...) throws -> (outcome: Outcome, verdict: JSON?, lines: [JSON]) {
    let outcome = try repo.box.run(["git", "kv", "audit", "--json"] + arguments, in: repo.path)
    let lines = outcome.text.split(separator: "\n").compactMap { JSON(String($0)) }
    return (outcome, lines.first { $0["ok"] != nil }, lines.filter { $0["epoch"] != nil })
  }

  @Test(arguments: ObjectFormat.allCases) func everyLinkHolds(_ format: ObjectFormat) throws {
    let (world, clone) = try threeEpochs(format)
    let gate = world.gate.repo
    let (outcome, verdict, lines) = try audit(gate, "--epochs", "--deep")
    #expect(outcome.ok, "\(outcome.errors)")
    #expect(verdict?["ok"]?.bool == true && verdict?["complete"]?.bool == true && verdict?["epochs"]?.int == 3)
    #expect(verdict?["transactions"]?.int == 11, "\(outcome.text)")
    #expect(lines.map { $0["epoch"]?.string } == ["2026Q4", "E2", "E3"], "\(outcome.text)")
    #expect(lines.last?["keys_set"]?.int == 3 && lines.last?["keys_del"]?.int == 1 && lines.last?["lag"]?.int == 0)

    // The next one goes on: nothing is left to do, then one transaction, whose event is still to come.
    let again = try audit(gate, "--epochs", "--deep").lines
    #expect(again.allSatisfy { $0["proved"] == $0["transactions"] }, "\(again)")
    try clone.must("set", "cfg:a", "4")
    let grown = try audit(gate, "--epochs", "--deep")
    #expect(grown.outcome.ok && grown.lines.last?["proved"]?.int == 5, "\(grown.outcome.text)")
    #expect(grown.lines.last?["transactions"]?.int == 6 && grown.lines.last?["lag"]?.int == 1)
    #expect(try world.worker("--once").ok)
    let caught = try audit(gate, "--epochs", "--deep")
    #expect(caught.lines.last?["lag"]?.int == 0 && caught.lines.last?["proved"]?.int == 6, "\(caught.outcome.text)")

    // A clone sees the same of the mirror and of the Stargate, without the bytes of chunks.
    let fresh = try world.clone("fresh")
    for place in ["github", "stargate"] {
      let seen = try audit(fresh.repo, "--epochs", "--read-from", place)
      #expect(seen.outcome.ok && seen.verdict?["transactions"]?.int == 12, "\(place): \(seen.outcome.errors)")
      #expect(seen.lines.last?["chunks_elsewhere"]?.int ?? 0 > 0, "\(seen.outcome.text)")
    }
    #expect(try audit(fresh.repo, "--epochs", "--offline").outcome.ok)
    #expect(try audit(fresh.repo, "--deep", "--offline").outcome.status == 8, "the bytes are not here")
  }

  @Test func tampering() throws {
    let (world, _) = try threeEpochs()
    let tamper = Tamper(repo: world.gate.repo, format: world.format)
    let refs = try tamper.repo.refs()
    #expect(try audit(tamper.repo, "--epochs").outcome.ok)
    for row in TamperCase.all {
      try row.change(tamper)
      #expect(try tamper.repo.refs() != refs, "\(row.name) does nothing")
      let (outcome, verdict, _) = try audit(tamper.repo, "--epochs", "--restart")
      let broken = verdict?["first_broken"]
      #expect(outcome.status == 8 && verdict?["ok"]?.bool == false, "\(row.name): \(outcome.status) \(outcome.text)")
      #expect(broken?["link"]?.string == row.link, "\(row.name): \(outcome.text)")
      #expect(broken?["message"]?.string?.contains(row.says) == true, "\(row.name): \(outcome.text)")
      try tamper.restore(refs)
    }
    #expect(try audit(tamper.repo, "--epochs", "--restart").outcome.ok)

    // Bytes exchanged below git, under the name that they had.
    let victim = try tamper.repo.must("rev-parse", "refs/kv/main:\(Names.data("main", Array("cfg:a".utf8)))")
    let other = try tamper.repo.must("hash-object", "-w", "--stdin", input: Array("4".utf8))
    func path(_ id: String) -> String { "\(tamper.repo.path)/objects/\(id.prefix(2))/\(id.dropFirst(2))" }
    try #require(Files.exists(path(victim)))
    let right = try Files.read(path(victim))
    Files.remove(path(victim))
    try Files.write(path(victim), try Files.read(path(other)))
    let exchanged = try audit(tamper.repo, "--restart")
    #expect(
      exchanged.outcome.status == 8 && exchanged.outcome.errors.contains("other bytes"), "\(exchanged.outcome.text)")
    Files.remove(path(victim))
    #expect(try audit(tamper.repo, "--restart").verdict?["first_broken"]?["link"]?.string == "ledger")
    try Files.write(path(victim), right)

    // What was proved once stands where it stood, whoever signs for another history.
    #expect(try audit(tamper.repo).outcome.ok)
    try tamper.rewrite("refs/kv/main", at: 1, signedBy: Keys.writer) {
      $0 = $0.replacing("author Dev", with: "author Eve")
    }
    let rewritten = try audit(tamper.repo)
    #expect(rewritten.outcome.status == 8 && rewritten.outcome.errors.contains("history was rewritten"))
    #expect(rewritten.verdict?["first_broken"]?["link"]?.string == "chain", "\(rewritten.outcome.text)")
    // A writer may sign what he likes; who remembers nothing is told by the watchlog.
    #expect(try audit(tamper.repo, "--restart").verdict?["first_broken"]?["link"]?.string == "watchlog")
    try tamper.restore(refs)
    // A note that is damaged, or of other rules, counts for nothing.
    let note = "\(tamper.repo.path)/kv-audit-main@working"
    try Files.write(note, try Files.text(note).replacing("\"bytes\":", with: "\"bytes\":9"))
    let anew = try audit(tamper.repo)
    #expect(anew.outcome.ok && anew.lines.last?["proved"]?.int == 0, "\(anew.outcome.text)\(anew.outcome.errors)")
  }

  @Test func rulesAndLags() throws {
    let (world, clone) = try threeEpochs()
    let gate = world.gate.repo
    func status(_ arguments: String...) throws -> (Int32, String) {
      let outcome = try world.box.run(["git", "kv", "audit"] + arguments, in: gate.path)
      return (outcome.status, outcome.errors)
    }
    // Keys that were trusted once.
    let policy = try Files.text(world.gate.policyFile)
    try world.gate.setPolicy(policy.replacing("\(Keys.writer.line) writer", with: "\(Keys.other.line) other"))
    #expect(try status().1.contains("not in 'writers'"))
    try Files.write(world.box.path("old"), "# retired\n\n\(Keys.writer.line) writer\n")
    #expect(try status("--signers", world.box.path("old"), "--epochs").0 == 0)
    try world.gate.setPolicy(policy.replacing("\(Keys.admin.line) admin", with: "\(Keys.other.line) other"))
    #expect(try status().1.contains("not in 'admins'"))
    try Files.write(world.box.path("old"), "\(Keys.admin.line)\n")
    #expect(try status("--signers", world.box.path("old")).0 == 8, "a writer is no admin")
    #expect(try status("--admin-signers", world.box.path("old")).0 == 0)
    try Files.write(world.box.path("old"), "what is this\n")
    for (code, says, arguments) in [
      (64, "old:1: ", ["--signers", world.box.path("old")]), (5, "no file", ["--signers", "nowhere"]),
      (64, "exclude", ["--all", "--ns", "main"]), (3, "not in the policy", ["--ns", "third"]),
      (1, "is empty", ["--ns", "other"]), (5, "no remote", ["--read-from", "github"]),
    ] as [(Int32, String, [String])] {
      let outcome = try world.box.run(["git", "kv", "audit"] + arguments, in: gate.path)
      #expect(outcome.status == code && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
    }
    try world.gate.setPolicy(policy)
    #expect(try status("--all").0 == 0)

    // A mirror that says it shows what its watchlog does not tell of.
    let tamper = Tamper(repo: world.mirror, format: world.format)
    let log = "refs/kv-watchlog/main@E3"
    let refs = try world.mirror.refs()
    try tamper.set(log, try world.mirror.must("rev-parse", "\(log)~1"))
    let short = try audit(clone.repo)
    #expect(
      short.outcome.status == 8 && short.verdict?["first_broken"]?["link"]?.string == "mirror", "\(short.outcome.text)")
    try tamper.restore(refs)

    // What is in a bundle is named, and is no success unless it is asked for.
    let compact = try world.box.run(
      ["git", "-c", "user.signingKey=\(Keys.admin.path)", "kv", "compact", "--epoch", "2026Q4"], in: gate.path)
    #expect(compact.ok, "\(compact.errors)")
    #expect(try status().0 == 0)
    let part = try audit(gate, "--epochs")
    #expect(part.outcome.status == 6 && part.verdict?["complete"]?.bool == false, "\(part.outcome.text)")
    #expect(part.outcome.errors.contains("2026Q4 (in main@2026Q4.bundle)"), "\(part.outcome.errors)")
    #expect(try status("--epochs", "--skip-compacted").0 == 0)
    try Tamper(repo: gate, format: world.format).rewrite("refs/kv-archive/main@2026Q4", at: 0) { text in
      let record = try gate.must("cat-file", "blob", "refs/kv-archive/main@2026Q4:bundle.json") + "\n"
      let other = try gate.must("rev-parse", "refs/kv/main")
      let ledger = try #require(JSON(String(record.dropLast()))?["ledger"]?.string)
      text.give(
        "tree",
        try Tamper(repo: gate, format: world.format).edit(
          "refs/kv-archive/main@2026Q4^{tree}", "bundle.json", record.replacing(ledger, with: other)))
    }
    #expect(try audit(gate, "--epochs", "--skip-compacted").verdict?["first_broken"]?["link"]?.string == "epoch")
  }

  /// Killed anywhere, the next one ends what was begun.
  @Test func killed() throws {
    let (world, _) = try threeEpochs()
    try Killer(Clone(repo: world.gate.repo), kills: 5).run(
      { _ in ["audit", "--epochs", "--restart"] }, between: { _, _ in },
      after: { _, place in
        let outcome = try audit(world.gate.repo, "--epochs").outcome
        #expect(outcome.ok, "\(place): \(outcome.errors)")
      })
  }
}
