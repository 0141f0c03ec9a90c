import Testing

/// `git kv compact`: what the policy does not keep goes, and where it went is told.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct CompactStories {
  /// Three epochs, of which the policy keeps two; the first one has a value in chunks and a key that expires.
  private func threeEpochs() throws -> (MirrorWorld, Clone) {
    let world = try MirrorWorld(
      policy: MirrorWorld.policy(more: "max_value_inline: 4KiB\n    retention: { epochs: 2 }"))
    let clone = try world.start()
    try clone.must("set", "cfg:a", "1")
    try clone.must("set", "cfg:big", "--value", String(repeating: "0123456789", count: 3000))
    try clone.must("set", "cfg:short", "x", "--ttl", "1s")
    try clone.asAdmin { try clone.must("epoch", "new", "--label", "E2") }
    try clone.must("del", "cfg:big")
    try clone.asAdmin { try clone.must("epoch", "new", "--label", "E3") }
    try clone.must("set", "cfg:a", "2")
    return (world, clone)
  }

  private func compact(_ world: MirrorWorld, _ arguments: String..., key: SigningKey = Keys.admin) throws -> Outcome {
    try world.box.run(
      ["git", "-c", "user.signingKey=\(key.path)", "kv", "compact"] + arguments, in: world.gate.path)
  }

  @Test func anEpochGoesIntoABundle() throws {
    let (world, clone) = try threeEpochs()
    let archive = "refs/kv-archive/main@2026Q4"
    let head = try world.gate.repo.id(archive)
    func refs() throws -> [String: String] {
      try world.gate.repo.refs().filter { !$0.key.hasPrefix("refs/kv-watchlog/") && !$0.key.contains("mirror") }
    }
    let before = try refs()
    func refused(_ code: Int32, _ says: String, _ outcome: Outcome) throws {
      #expect(outcome.status == code && outcome.errors.contains(says), "\(outcome.status) \(outcome.errors)")
      #expect(try refs() == before, "\(says)")
      #expect(!Files.exists("\(world.gate.path)/.stargate/bundles"), "\(says)")
    }
    try refused(5, "not on the mirror yet", compact(world))
    #expect(try world.worker("--once").ok)
    let mirrored = try world.mirror.refs()
    try refused(3, "not in 'admins'", compact(world, key: Keys.writer))
    try refused(1, "no sealed epoch 'E3'", compact(world, "--epoch", "E3"))
    try refused(1, "no sealed epoch 'E9'", compact(world, "--epoch", "E9"))
    try refused(64, "malformed epoch label", compact(world, "--epoch", "a/b"))
    let plan = try compact(world, "--dry-run")
    #expect(plan.ok && plan.text.contains("epoch 2026Q4, 4 transactions, goes into main@2026Q4.bundle"), "\(plan.text)")
    try refused(0, "", plan)

    let done = try compact(world, "--json")
    #expect(done.ok, "\(done.errors)")
    let bundle = "\(world.gate.path)/.stargate/bundles/main@2026Q4.bundle"
    let record = try #require(done.text.split(separator: "\n").last.flatMap { JSON(String($0)) })
    let digest = try world.box.must(["sha256sum", bundle]).prefix(64)
    #expect(record["digest"]?.string == "sha256:\(digest)" && record["ledger"]?.string == head, "\(done.text)")
    let note = try world.gate.repo.must("cat-file", "blob", "\(archive):bundle.json")
    #expect(JSON(note)?["label"]?.string == "2026Q4")
    #expect(try world.gate.repo.id("refs/kv-chunks/main@2026Q4") == world.gate.repo.id(archive))
    #expect(try world.gate.repo.id("refs/kv-archive/main@E2") == before["refs/kv-archive/main@E2"])
    let again = try compact(world)
    #expect(again.ok && again.text == "no epoch is due\n", "\(again.text)\(again.errors)")
    let twice = try compact(world, "--epoch", "2026Q4")
    #expect(twice.status == 1 && twice.errors.contains("in a bundle already"), "\(twice.errors)")

    // The mirror follows, and nothing takes that for drift.
    let worker = try world.worker("--once")
    #expect(worker.ok, "\(worker.errors)\(worker.text)")
    #expect(try world.mirror.id(archive) == world.gate.repo.id(archive))
    #expect(try world.mirror.refs()["refs/kv-watchlog/main@2026Q4"] == mirrored["refs/kv-watchlog/main@2026Q4"])
    #expect(try world.stargate("sync").ok)

    // Whoever asks for the epoch is told where it is, and has it again from the bundle.
    let fresh = try world.clone("fresh")
    #expect(try fresh.must("get", "cfg:a") == "2")
    let gone = try fresh.kv("epoch", "show", "2026Q4")
    #expect(gone.status == 5 && gone.errors.contains("compacted into 'main@2026Q4.bundle'"), "\(gone.errors)")
    try fresh.repo.must("fetch", "-q", bundle, archive)
    #expect(try fresh.must("epoch", "show", "2026Q4").contains("transactions: 4"))
    #expect(try clone.must("get", "cfg:a") == "2")
  }

  /// Expired keys go with a transaction; a clone asks its Stargate for the rest.
  @Test func expiredKeysGo() throws {
    let (world, clone) = try threeEpochs()
    while try clone.kv("get", "cfg:short", "--offline").ok {}
    #expect(try world.worker("--once").ok)
    let tip = try world.gate.repo.id("refs/kv/main")
    #expect(try clone.must("compact", "--dry-run").hasPrefix("1 keys have expired\n"))
    #expect(try world.gate.repo.id("refs/kv/main") == tip)
    // The writer purges, and is no admin.
    let half = try clone.kv("compact")
    #expect(half.status == 3 && half.text.contains("deleted 1"), "\(half.text)\(half.errors)")
    #expect(try clone.kv("get", "cfg:short", "--allow-expired").status == 1)
    #expect(try world.gate.repo.must("log", "-1", "--format=%s", "refs/kv/main") == "kv: purge 1 expired keys of main")
    let rest = try clone.asAdmin { try clone.kv("compact") }
    #expect(rest.ok && rest.text.hasPrefix("0 keys have expired\n"), "\(rest.text)\(rest.errors)")
    #expect(Files.exists("\(world.gate.path)/.stargate/bundles/main@2026Q4.bundle"))
  }

  /// Killed anywhere, the epoch is in the repository or in a whole bundle, and the next run ends what was begun.
  @Test func killed() throws {
    let (world, _) = try threeEpochs()
    #expect(try world.worker("--once").ok)
    try world.gate.repo.must("config", "user.signingKey", Keys.admin.path)
    let (archive, chunks) = ("refs/kv-archive/main@2026Q4", "refs/kv-chunks/main@2026Q4")
    let head = try #require(try world.gate.repo.id(archive))
    let held = try #require(try world.gate.repo.id(chunks))
    let bundle = "\(world.gate.path)/.stargate/bundles/main@2026Q4.bundle"
    try Killer(Clone(repo: world.gate.repo), kills: 10).run(
      { _ in
        // As it was before the last round.
        try world.gate.repo.must("-c", "core.hooksPath=/dev/null", "update-ref", archive, head)
        try world.gate.repo.must("-c", "core.hooksPath=/dev/null", "update-ref", chunks, held)
        return ["compact"]
      },
      between: { _, place in
        if try world.gate.repo.id(archive) == head {
          #expect(try world.gate.repo.id(chunks) == held, "\(place)")
        } else {
          #expect(try world.gate.repo.git("bundle", "verify", "-q", bundle).ok, "\(place)")
        }
      },
      after: { _, place in
        #expect(try world.gate.repo.id(archive) != head, "\(place)")
        #expect(try world.gate.repo.git("bundle", "verify", "-q", bundle).ok, "\(place)")
        let note = try world.gate.repo.must("cat-file", "blob", "\(archive):bundle.json")
        let digest = try world.box.must(["sha256sum", bundle]).prefix(64)
        #expect(JSON(note)?["digest"]?.string == "sha256:\(digest)", "\(place)")
      })
  }
}

extension Clone {
  /// Does something with the admin's key.
  @discardableResult
  func asAdmin<Result>(_ body: () throws -> Result) throws -> Result {
    try repo.must("config", "user.signingKey", Keys.admin.path)
    defer { _ = try? repo.must("config", "--unset", "user.signingKey") }
    return try body()
  }
}
