import Testing

/// Writes that wait for the mirror.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct AckStories {
  static let acknowledged = World.policy.replacing(
    "stargate:\n", with: "stargate:\n  require_mirror_ack_by_default: true\n")

  /// Every command that pushes, with a worker that works.
  @Test func everyWrite() throws {
    let stage = try HandMirror()
    let clone = try stage.start()
    let stop = stage.world.box.path("stop")
    let script = """
      trap 'touch \(stop)' EXIT
      git kv --json set cfg:a 1 --wait
      git kv --json mset --file - --wait <batch
      git kv --json del cfg:a --wait-timeout 30s
      git kv --json cas set cfg:b 2 --expect-tree $(git rev-parse refs/kv/main^{tree}) --no-wait --wait
      git kv --json set cfg:c 3 --no-push
      git kv --json push --wait
      git kv --json push --wait
      git kv set cfg:d 4 --wait
      git kv --quiet set cfg:e 5 --wait
      git kv --json set cfg:f 6
      git kv --json set cfg:g 7 --wait --no-wait
      """
    try Files.write(clone.repo.path + "/batch", #"{"op":"set","key":"cfg:m","value":"1"}"# + "\n")
    let outcome = try runTogether([
      stage.world.box.command(["sh", "-c", script], in: clone.repo.path), stage.worker(until: stop),
    ])[0]
    #expect(outcome.ok && outcome.err.isEmpty, "\(outcome.errors)")
    let lines = outcome.text.split(separator: "\n").map(String.init)
    let mirrored = lines.map { JSON($0)?["mirrored"].map { $0.bool == true ? "yes" : "no" } ?? "-" }
    #expect(mirrored == ["yes", "yes", "yes", "yes", "-", "yes", "yes", "-", "-", "-", "-"], "\(lines)")
    #expect(lines.dropFirst(7).prefix(2).map { $0.hasPrefix("[main ") || $0 == "visible on github" } == [true, true])
    #expect(try stage.world.broken() == [])
  }

  /// What has landed has landed, and is told of.
  @Test func tooLate() throws {
    let stage = try HandMirror()
    let clone = try stage.start()
    try stage.show()
    let late = try clone.kv("set", "cfg:a", "1", "--wait", "--wait-timeout", "0s")
    #expect(late.status == 10 && late.line.hasPrefix("[main ") && !late.line.contains("\n"), "\(late.text)")
    #expect(late.errors.contains("landed and is safe on the Stargate") && late.errors.contains("1 behind"))
    let json = try clone.kv("--json", "set", "cfg:b", "2", "--wait-timeout=0s")
    let objects = json.text.split(separator: "\n").compactMap { JSON(String($0)) }
    #expect(json.status == 10 && objects.count == 2 && objects[0]["mirrored"]?.bool == false, "\(json.text)")
    #expect(objects[0]["pushed"]?.bool == true && objects[1]["error"]?["code"]?.int == 10, "\(json.text)")
    #expect(try clone.tip() == stage.world.gate.repo.id("refs/kv/main"))
    #expect(try clone.must("get", "cfg:b", "--read-from=stargate") == "2")
    // Nothing to do is no promise either.
    #expect(try clone.kv("set", "cfg:b", "2", "--wait-timeout=0s").status == 10)
    try clone.must("set", "cfg:c", "3", "--no-push")
    let begun = now()
    let unsent = try clone.kv("mset", "--file", "-", "--wait")
    #expect(unsent.status == 10 && unsent.errors.contains("has not been pushed") && now() - begun < 30)
    let pending = try clone.kv("push", "--wait-timeout=0s")
    #expect(pending.status == 10 && pending.text.hasPrefix("pushed up to "), "\(pending.text)\(pending.errors)")
    try stage.show()
    #expect(try clone.must("push", "--wait") == "everything up to date\nvisible on github")
    // A mirror that is out of reach is no reason to write again.
    try clone.repo.must("remote", "set-url", "origin", stage.world.box.path("nowhere.git"))
    let lost = try clone.kv("del", "cfg:c", "--wait-timeout=0s")
    #expect(lost.status == 10 && lost.errors.contains("landed") && lost.errors.contains("nowhere.git"))
    #expect(try stage.world.broken() == [])
  }

  @Test func thePolicySaysSo() throws {
    let stage = try HandMirror()
    let clone = try stage.start()
    try Files.makeFolder(clone.repo.path + "/.kv")
    try Files.write(clone.repo.path + "/.kv/policy.yaml", Self.acknowledged)
    let trace = stage.world.box.path("trace")
    let outcomes = try runTogether([
      clone.command("--json", "set", "cfg:a", "1", env: ["GIT_TRACE": trace]),
      stage.showing(once: "grep -q 'git ls-remote' \(trace)"),
    ])
    #expect(JSON(outcomes[0].text)?["mirrored"]?.bool == true, "\(outcomes[0].text)\(outcomes[0].errors)")
    #expect(try clone.json("set", "cfg:b", "2", "--no-wait")["mirrored"] == nil)
    #expect(try clone.json("set", "cfg:c", "2", "--no-push")["mirrored"] == nil)
    #expect(try clone.kv("push", "--wait-timeout", "0s").status == 10)
    // Without a mirror there is nothing to ask.
    try clone.repo.must("config", "--unset", "remote.origin.pushurl")
    try clone.repo.must("remote", "set-url", "origin", stage.world.url)
    #expect(try clone.json("set", "cfg:d", "4")["mirrored"] == nil)
  }
}
