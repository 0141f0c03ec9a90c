import Testing

/// Hosts that do not take everything.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RefusingHostStories {
  private static let chunky = "chunking: {mode: fastcdc, min: 64, avg: 256, max: 1024}\n    max_value_inline: 60"

  private func begin(_ atomic: String, unable: Bool = true) throws -> (world: MirrorWorld, clone: Clone) {
    let world = try MirrorWorld(
      policy: MirrorWorld.policy("max_pushes_per_minute: 60000, atomic: \(atomic)", more: Self.chunky))
    if unable { try world.mirror.must("config", "receive.advertiseAtomic", "false") }
    try world.countPushes()
    let clone = try world.start("w", MirrorWorld.namespaces)
    try clone.set("cfg:large", Bytes(noise: 3000))
    return (world, clone)
  }

  /// Each ref goes after those it rests on, and the watermarks go last.
  @Test(arguments: [("auto", true), ("never", true), ("never", false)])
  func oneAfterTheOther(_ atomic: String, _ unable: Bool) throws {
    let (world, clone) = try begin(atomic, unable: unable)
    let first = try world.worker("--once")
    #expect(first.status == 0, "\(first.text)")
    #expect(first.text.contains("takes no atomic pushes") == (atomic == "auto"), "\(first.text)")
    #expect(try world.status()["mirror"]?["atomic"]?.bool == false)
    #expect(try world.stargate("status").text.contains("takes no atomic pushes"))
    for round in 1...2 {
      let pushes = try world.pushes().suffix(4).map { $0.sorted() }
      let namespaces = round == 1 ? ["main", "other"] : ["main"]
      #expect(pushes.first == ["refs/kv-term/leader"], "\(pushes)")
      #expect(pushes.dropFirst().first == ["refs/kv-chunks/main@2026Q4"], "\(pushes)")
      #expect(pushes.dropFirst(2).first?.filter { $0.hasPrefix("refs/kv/") } == namespaces.map { "refs/kv/\($0)" })
      #expect(pushes.last == namespaces.map { "refs/kv-mirror/\($0)" }, "\(pushes)")
      #expect(try world.pushes().count == 4 * round)
      #expect(try Together.broken(world) == [])
      guard round == 1 else { break }
      // What was found of the host is known to the next run.
      try clone.set("cfg:large", Bytes(noise: 3000, seed: 2))
      let next = try world.worker("--once")
      #expect(next.status == 0 && !next.text.contains("takes no atomic pushes"), "\(next.text)")
    }
  }

  @Test func nothingButAtomic() throws {
    let (world, _) = try begin("always")
    let outcome = try world.worker("--once")
    #expect(outcome.status == 10 && outcome.text.contains("the policy asks for them"), "\(outcome.text)")
    #expect(try world.mirror.refs().isEmpty)
    #expect(try world.status()["mirror"]?["state"]?.string == "refused")
    let sync = try world.stargate("sync", "--repair")
    #expect(sync.status == 5 && sync.errors.contains("the policy asks for them"), "\(sync.errors)")
    #expect(try world.mirror.refs().isEmpty)
    try world.mirror.must("config", "--unset", "receive.advertiseAtomic")
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// Between two pushes the watermark is behind, never ahead, and the next run goes on from there.
  @Test func cutOff() throws {
    let (world, clone) = try begin("auto")
    #expect(try world.worker("--once").status == 0)
    for push in 1...4 {
      try clone.set("cfg:large", Bytes(noise: 2000, seed: 10 + push))
      try Files.write(world.box.path("left"), "\(push)")
      // The mirror kills the worker after so many pushes.
      try world.mirrorHook(
        "post-receive",
        """
        read left <'\(world.box.path("left"))'; echo $((left - 1)) >'\(world.box.path("left"))'
        [ $left = 1 ] || exit 0
        pid=$PPID
        while [ "$pid" != 1 ]; do
          case $(cat /proc/$pid/comm) in kv-mirror-worke*) kill -KILL "$pid"; exit ;; esac
          pid=$(sed -n 's/^PPid:.//p' /proc/$pid/status)
        done
        """)
      #expect(try world.worker("--once").status == 137)
      try world.box.untilQuiet()
      let refs = try world.mirror.refs()
      for ns in MirrorWorld.namespaces {
        let mark = refs["refs/kv-mirror/\(ns)"] ?? "-"
        let merge = try world.mirror.git("merge-base", "--is-ancestor", mark, "refs/kv/\(ns)")
        #expect(merge.ok, "\(push): \(merge.errors)")
        let holds = try world.mirror.git("cat-file", "-e", "\(mark)^{tree}")
        #expect(holds.ok, "\(push): \(holds.errors)")
      }
      if push < 4 { #expect(refs["refs/kv-mirror/main"] != (try world.gate.repo.id("refs/kv/main")), "\(push)") }
      Files.remove("\(world.mirror.path)/hooks/post-receive")
      #expect(try world.worker(push % 2 == 0 ? "--once" : "--drain").status == 0)
      #expect(try Together.broken(world) == [], "after \(push)")
    }
  }

  /// GitHub's like, where nothing but branches and tags can be pushed: said plainly.
  @Test(arguments: ["update", "pre-receive", "hidden"]) func branchesAlone(_ way: String) throws {
    let world = try MirrorWorld()
    let clone = try world.start()
    switch way {
    case "update":
      try world.mirrorHook(
        way, "case $1 in refs/heads/*|refs/tags/*) ;; *) echo 'no such place' >&2; exit 1 ;; esac")
    case "pre-receive":
      try world.mirrorHook(way, "! grep -vq ' refs/heads/' || { echo 'no such place' >&2; exit 1; }")
    default:
      try world.mirror.must("config", "receive.hideRefs", "refs")
      try world.mirror.must("config", "--add", "receive.hideRefs", "!refs/heads")
    }
    let outcome = try world.worker("--once")
    #expect(outcome.status == 10 && outcome.text.contains("refused: the mirror refuses 'refs/kv"), "\(outcome.text)")
    #expect(outcome.text.contains("a host that takes branches and tags alone cannot be a mirror"), "\(outcome.text)")
    #expect(way == "hidden" || outcome.text.contains("it says: 'no such place'"), "\(outcome.text)")
    // Git takes the other refs of an atomic push where one is hidden.
    #expect(try way == "hidden" ? world.mirror.id("refs/kv/main") == nil : world.mirror.refs().isEmpty)
    let mirror = try world.status()["mirror"]
    #expect(mirror?["state"]?.string == "refused" && mirror?["error"]?.string?.contains("refuses") == true)
    let sync = try world.stargate("sync", "--repair")
    #expect(sync.status == 5 && sync.errors.contains("the mirror refuses 'refs/kv"), "\(sync.errors)")
    try clone.must("set", "cfg:a", "1")
    #expect(try world.worker("--once").status == 10)
    #expect(try world.status()["mirror"]?["failures"]?.int == 2)
    // The operator of the mirror has a heart.
    Files.remove("\(world.mirror.path)/hooks/\(way)")
    if way == "hidden" { try world.mirror.must("config", "--unset-all", "receive.hideRefs") }
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }

  /// A mirror that shows readers less than it takes.
  @Test func hiddenFromReaders() throws {
    let world = try MirrorWorld()
    _ = try world.start()
    try world.mirror.must("config", "uploadpack.hideRefs", "refs/kv-index")
    let outcomes = try (1...2).map { _ in try world.worker("--once") }
    #expect(outcomes[1].status == 11 && outcomes[1].text.contains("refs/kv-index/main is missing"), "\(outcomes)")
    try world.mirror.must("config", "--unset", "uploadpack.hideRefs")
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }
}
