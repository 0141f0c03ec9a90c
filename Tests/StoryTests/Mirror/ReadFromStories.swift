import Testing

/// `--read-from`: exactly what a place shows now, beside what is here.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ReadFromStories {
  /// Each place as it is, also when it has less than before; what was not pushed stays.
  @Test func eachPlaceAsItIs() throws {
    let stage = try HandMirror()
    let clone = try stage.start()
    func show(_ command: String, _ more: String...) throws -> String {
      let outcome = try clone.kv((command == "get" ? ["get", "cfg:a"] : ["list"]) + more, [])
      return outcome.ok ? outcome.line : "exit \(outcome.status)"
    }
    try clone.must("set", "cfg:a", "1")
    try stage.show()
    try clone.must("set", "cfg:a", "2")
    try clone.must("set", "cfg:b", "3", "--no-push")
    for more in [[], ["--offline"]] {
      #expect(try clone.kv(["get", "cfg:a", "--read-from=github"] + more, []).text == "1", "\(more)")
      #expect(try clone.kv(["get", "cfg:a", "--read-from=stargate"] + more, []).text == "2", "\(more)")
      #expect(try clone.kv(["list", "--read-from=stargate"] + more, []).line == "cfg:a", "\(more)")
    }
    #expect(try show("list") == "cfg:a\ncfg:b" && show("list", "--read-from=github") == "cfg:a")
    // The mirror is made anew, and empty.
    for ref in ["kv", "kv-index", "kv-epoch"] { try stage.mirror.must("update-ref", "-d", "refs/\(ref)/main") }
    #expect(try show("get", "--read-from=github") == "exit 1" && show("list", "--read-from=github") == "")
    #expect(try show("get", "--read-from=github", "--offline") == "exit 1")
    #expect(try show("get") == "2" && show("get", "--read-from=stargate") == "2")
    // It is away: the Stargate is read round it.
    try clone.repo.must("remote", "set-url", "origin", stage.world.box.path("nowhere.git"))
    let away = try clone.kv("get", "cfg:a")
    #expect(away.status == 5 && away.errors.contains("--read-from=stargate"), "\(away.errors)")
    #expect(try show("get", "--read-from=stargate") == "2" && show("get", "--offline") == "2")
    #expect(try clone.must("push").hasPrefix("pushed") && stage.world.broken() == [])
  }

  /// A read_url is the Stargate's other face; `github` stays the remote's url where there is no mirror.
  @Test func aPlaceToReadFrom() throws {
    let world = try World(live: true)
    let clone = try world.start()
    try clone.must("set", "cfg:a", "1")
    let replica = Repo(box: world.box, path: world.box.path("replica.git"))
    try world.box.must(["git", "clone", "-q", "--mirror", world.gate.path, replica.path])
    try clone.must("set", "cfg:a", "2")
    try Files.makeFolder(clone.repo.path + "/.kv")
    try Files.write(
      clone.repo.path + "/.kv/policy.yaml",
      World.policy.replacing("stargate:\n", with: "stargate:\n  read_url: \"\(replica.path)\"\n"))
    #expect(try clone.must("get", "cfg:a", "--read-from=stargate") == "1")
    #expect(try clone.must("get", "cfg:a", "--read-from=github") == "2")
    #expect(try clone.must("get", "cfg:a") == "2")
    try clone.must("set", "cfg:a", "3")
    #expect(try world.broken() == [])
  }
}
