import Testing

/// A mirror that somebody has changed: found, reported, and healed as far as an operator says.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct DriftStories {
  @Test(arguments: Drift.all) func isHealed(_ drift: Drift) throws {
    let scene = try DriftScene()
    let world = scene.world
    let drifted = try scene.begin(drift)
    try found(drift, scene, drifted)
    let isLost = [.overwrite, .delete].contains(drift.action)
    // Nothing but a plan.
    for mode in [[], ["--dry-run"], ["--repair", "--dry-run"], ["--force", "--dry-run"], ["--hard", "--dry-run"]] {
      let refs = try world.mirror.refs()
      let plan = try world.stargate(["sync"] + mode)
      let covers = mode.first == "--hard" || (mode.first == "--force" && drift.action == .overwrite)
      #expect(plan.status == (isLost && !covers ? 11 : 6), "\(mode): \(plan.status) \(plan.text)\(plan.errors)")
      let line = plan.text.split(separator: "\n").first { $0.hasPrefix("\(drift.ref): ") } ?? ""
      #expect(line.hasPrefix("\(drift.ref): \(drift.action) \(refs[drift.ref] ?? "-") -> "), "\(plan.text)")
      #expect(try world.mirror.refs() == refs, "\(mode)")
    }
    try repair(drift, scene)
    try force(drift, scene)
    try hard(drift, scene)
    #expect(try Together.broken(world) == [])
  }

  /// The worker leaves it alone, says so, and goes on with what has not drifted.
  private func found(_ drift: Drift, _ scene: DriftScene, _ drifted: [String: String]) throws {
    let world = scene.world
    #expect(try world.worker("--once", "--dry-run").status == 6)
    #expect(try world.mirror.refs() == drifted)
    for mode in ["--once", "--drain"] {
      let outcome = try world.worker(mode)
      #expect(outcome.status == 11 && outcome.text.contains("drift: \(drift.ref) "), "\(outcome.text)\(outcome.errors)")
      #expect(outcome.text.contains(drift.words), "\(outcome.text)")
      #expect(try scene.shown() == scene.forward(drifted, drift.holds ? ["other"] : MirrorWorld.namespaces), "\(mode)")
    }
    let status = try world.status()
    #expect(status["mirror"]?["state"]?.string == "drift", "\(status.text)")
    #expect(status["mirror"]?["drift"]?.text.contains(drift.ref) == true, "\(status.text)")
    #expect(status["backlog"]?["transactions"]?.int == (drift.holds ? 1 : 0), "\(status.text)")
    #expect(try world.stargate("status").text.contains("drift:   \(drift.ref) "))
  }

  private func repair(_ drift: Drift, _ scene: DriftScene) throws {
    let drifted = try scene.begin(drift)
    let outcome = try scene.world.stargate("sync", "--repair")
    switch drift.action {
    case .create, .forward, .watermark:
      #expect(outcome.status == 0, "\(outcome.errors)")
      try healed(scene)
    case .overwrite:
      #expect(outcome.status == 11 && outcome.text.contains("not done: --force"), "\(outcome.text)\(outcome.errors)")
      #expect(try scene.shown() == scene.forward(drifted, ["other"]))
      #expect(try scene.world.worker("--once").status == 11)
    case .delete:
      #expect(outcome.status == 11 && outcome.text.contains("not done: --hard"), "\(outcome.text)\(outcome.errors)")
      #expect(try scene.shown() == scene.forward(drifted, MirrorWorld.namespaces))
      #expect(try scene.world.worker("--once").status == 11)
    }
  }

  private func force(_ drift: Drift, _ scene: DriftScene) throws {
    let drifted = try scene.begin(drift)
    if drift.action == .overwrite { try refusals("--force", scene, drifted) }
    // Only what would be lost has to be signed for.
    let outcome = try scene.world.stargate("sync", "--force", key: drift.action == .overwrite ? Keys.admin : nil)
    if drift.action == .delete {
      #expect(outcome.status == 11, "\(outcome.text)\(outcome.errors)")
      #expect(try scene.shown() == scene.forward(drifted, MirrorWorld.namespaces))
    } else {
      #expect(outcome.status == 0, "\(outcome.errors)")
      try healed(scene)
    }
  }

  private func hard(_ drift: Drift, _ scene: DriftScene) throws {
    let drifted = try scene.begin(drift)
    if drift.action == .delete { try refusals("--hard", scene, drifted) }
    #expect(try scene.world.worker("--once").status == 11)
    let outcome = try scene.world.stargate("sync", "--hard", key: Keys.admin)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try healed(scene)
  }

  /// Nobody but an admin may take something from the mirror.
  private func refusals(_ mode: String, _ scene: DriftScene, _ drifted: [String: String]) throws {
    let world = scene.world
    for key in [Keys.writer, Keys.stranger] {
      let outcome = try world.stargate("sync", mode, key: key)
      #expect(outcome.status == 3 && outcome.errors.contains("not in 'admins'"), "\(outcome.errors)")
    }
    for key in ["", world.box.path("nowhere")] {
      let outcome = try world.stargate("sync", mode, key: SigningKey(path: key, line: ""))
      #expect(outcome.status == 5 && outcome.errors.contains("signing failed"), "\(outcome.errors)")
    }
    #expect(try world.mirror.refs() == drifted)
  }

  private func healed(_ scene: DriftScene) throws {
    #expect(try scene.shown() == DriftScene.plain(scene.after))
    let status = try scene.world.status()["mirror"]
    #expect(status?["state"]?.string == "ok" && status?["drift"]?.text == "[]", "\(status?.text ?? "-")")
    #expect(try scene.world.worker("--once").status == 0)
    #expect(try scene.world.stargate("sync").line == "the mirror is as it should be")
  }
}
