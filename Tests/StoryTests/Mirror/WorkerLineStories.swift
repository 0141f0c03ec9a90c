import Glibc
import Testing

/// The worker's command line and what it answers; the other codes have their stories elsewhere.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WorkerLineStories {
  @Test func exitCodes() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    try Files.write(world.box.path("file"), "")
    let gate = world.gate.path
    let rows: [([String], Int32, String)] = [
      ([], 64, "--repo is missing [64]"), (["--repo"], 64, "--repo wants a value"),
      (["--repo", ""], 64, "--repo wants a value"), (["--repo", gate, "--remote"], 64, "--remote wants a value"),
      (["--repo", gate, "--once", "--drain"], 64, "--once and --drain exclude each other"),
      (["--repo", gate, "--now"], 64, "unknown argument '--now'"), ([gate], 64, "unknown argument"),
      (["--repo", world.box.path("nowhere")], 5, "nowhere"), (["--repo", world.box.path("file")], 5, "file"),
      (["--repo", "\(clone.repo.path)/.git"], 5, "is not a bare repository"),
      (["--repo", gate, "--remote", "nobody"], 5, "there is no remote 'nobody'"),
      (["--repo", gate, "--once", "--dry-run"], 6, ""), (["--repo", "gate.git", "--once"], 0, ""),
      (["--repo", "./gate.git/", "--once", "--json"], 0, ""),
    ]
    for (arguments, code, words) in rows {
      let outcome = try world.box.run(["\(Installed.libexec)/kv-mirror-worker"] + arguments)
      #expect(outcome.status == code && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      #expect(outcome.err.isEmpty == words.isEmpty, "\(arguments): \(outcome.errors)")
      if code == 64 { #expect(outcome.errors.contains("kv: hint: kv-mirror-worker --repo PATH "), "\(outcome.errors)") }
    }
    #expect(try Together.broken(world) == [])
  }

  /// Root leaves files that the owner of the repository could not write to, and so does nothing there.
  @Test(.enabled(if: geteuid() == 0, "only root is anybody else")) func asRoot() throws {
    let world = try MirrorWorld()
    _ = try world.start()
    try world.box.must(["chown", "-R", "65534", world.gate.path])
    let outcome = try world.worker("--once")
    #expect(outcome.status == 5 && outcome.errors.contains("run this as user 65534"), "\(outcome.errors)")
    #expect(try world.box.must(["find", world.gate.path, "-user", "0"]) == "")
    #expect(try world.mirror.refs().isEmpty)
  }

  /// With --json every line is an object that says what happened.
  @Test func asJSON() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    let lines = try world.worker("--once", "--json").text.split(separator: "\n").map { JSON(String($0)) }
    let pushed = try #require(lines.first { $0?["event"]?.string == "pushed" } ?? nil)
    #expect(pushed["refs"]?.int == 6 && pushed["transactions"]?.int == 1 && pushed["ms"]?.int != nil, "\(pushed.text)")
    #expect(pushed["ts"]?.string?.hasSuffix("Z") == true && !lines.contains(nil))
    for i in 0..<3 { try clone.must("set", "cfg:\(i)", "1", "--no-push") }
    try clone.must("push")
    #expect(try world.worker("--json").text.contains(#""transactions":3"#))
  }

  /// A policy that cannot be read stops pushes, and not what was accepted already.
  @Test func aBrokenPolicy() throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    try world.gate.setPolicy("version: 1\nnamespaces:\n  main: {writer: []}\n")
    #expect(try clone.kv("set", "cfg:a", "1").status == 3)
    let outcome = try world.worker("--once")
    #expect(outcome.status == 0 && outcome.text.contains("unknown key 'writer'"), "\(outcome.text)")
    #expect(try Together.broken(world) == [])
    #expect(try world.status()["policy"]?.string?.contains("unknown key 'writer'") == true)
    #expect(try world.stargate("status").text.contains("\npolicy:  "))
    let sync = try world.stargate("sync", "--repair")
    #expect(sync.status == 3 && sync.errors.contains("unknown key 'writer'"), "\(sync.status) \(sync.errors)")
  }
}
