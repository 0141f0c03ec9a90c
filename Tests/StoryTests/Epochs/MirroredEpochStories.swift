import Testing

/// Epochs on the mirror, and readers there.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirroredEpochStories {
  private func world(_ mirror: String = "max_pushes_per_minute: 60000") throws -> (MirrorWorld, Clone, Clone) {
    let chunks = "chunking: {mode: fastcdc, min: 64, avg: 256, max: 1024}\n    max_value_inline: 60"
    let world = try MirrorWorld(policy: MirrorWorld.policy(mirror, more: chunks))
    let clone = try world.start()
    let admin = try world.clone("admin")
    try admin.repo.must("config", "user.signingKey", Keys.admin.path)
    return (world, clone, admin)
  }

  /// Readers of a mirror that lags, and of one that has caught up.
  @Test func reads() throws {
    let (world, clone, admin) = try world()
    try clone.must("set", "cfg:a", "1")
    let old = try clone.repo.must("rev-parse", "refs/kv/main")
    #expect(try world.worker("--once").ok)
    let reader = try world.clone("reader")
    #expect(try reader.must("get", "cfg:a") == "1")
    for n in 1...2 {
      try admin.must("epoch", "new", "--label", "E\(n)")
      try clone.must("set", "cfg:\(n)", "in E\(n)")
    }
    // The mirror is two epochs behind.
    #expect(try reader.must("list") == "cfg:a")
    #expect(try reader.must("list", "--read-from=stargate") == "cfg:1\ncfg:2\ncfg:a")
    #expect(try clone.must("list") == "cfg:1\ncfg:2\ncfg:a")
    #expect(try clone.kv("wait", "--timeout", "0s").status == 10)
    #expect(try clone.kv("wait", "--oid", old, "--timeout", "0s").ok)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
    #expect(try clone.must("list") == "cfg:1\ncfg:2\ncfg:a" && clone.kv("wait", "--timeout", "0s").ok)
    let fresh = try world.clone("fresh")
    for (place, commit) in [(reader, old), (fresh, old), (fresh, try clone.repo.must("rev-parse", "refs/kv/main"))] {
      let outcome = try place.kv("wait", "--oid", commit, "--timeout", "0s")
      #expect(outcome.ok, "\(outcome.status) \(outcome.errors)")
    }
    #expect(try reader.must("get", "cfg:2") == "in E2" && reader.must("get", "cfg:1", "--offline") == "in E1")
    #expect(try reader.must("epoch", "show", "2026Q4").contains("transactions: 2"))
    let events = try reader.must("--json", "watch").split(separator: "\n").compactMap { JSON(String($0)) }
    #expect(events.map { $0["epoch"]?.string } == ["2026Q4", "2026Q4", "E1", "E1", "E2", "E2"])
    #expect(events.map { $0["set"]?.text } == ["[]", #"["cfg:a"]"#, "[]", #"["cfg:1"]"#, "[]", #"["cfg:2"]"#])
    let rest = try reader.must("--json", "watch", "--since", old).split(separator: "\n")
    #expect(rest.count == 4, "\(rest)")
  }

  /// A mirror that was away during two changes gets all of it in one push, and no more than is new.
  @Test func awayForTwo() throws {
    let (world, clone, admin) = try world("max_pushes_per_minute: 60000, showroom: true")
    let lines = (0..<300).map { #"{"op":"set","key":"cfg:\#($0)","value":"\#($0)"}"# + "\n" }
    try clone.must("mset", "--file", "-", input: lines.joined())
    try clone.set("big:a", Bytes(noise: 40_000))
    #expect(try world.worker("--once").ok)
    try world.countPushes()
    try world.box.must(["mv", world.mirror.path, world.box.path("away.git")])
    for n in 1...2 {
      try admin.must("epoch", "new", "--label", "E\(n)")
      try clone.must("set", "cfg:new\(n)", "x")
      #expect(try world.worker("--once").status == 10)
    }
    // The index of the epoch in between goes: no ref keeps it.
    try world.gate.repo.must("gc", "-q", "--prune=now")
    try world.box.must(["mv", world.box.path("away.git"), world.mirror.path])
    try world.mirror.must("config", "receive.unpackLimit", "1")
    try world.mirror.must("repack", "-adq")
    let before = Set(packs(world.mirror))
    #expect(try world.worker("--once").ok)
    #expect(try world.pushes().count == 1)
    #expect(try Together.broken(world) == [])
    #expect(try world.mirror.id("refs/heads/kv/main") == world.gate.repo.id("refs/kv/main"))
    let sent = Set(packs(world.mirror)).subtracting(before).reduce(0) { $0 + Files.size("\(world.mirror.path)/\($1)") }
    #expect((1...30_000).contains(sent), "\(sent) bytes")
    #expect(try world.status()["mirror"]?["state"]?.string == "ok")
  }

  private func packs(_ repo: Repo) -> [String] { Files.tree(repo.path).filter { $0.hasSuffix(".pack") } }

  /// A host that takes one ref after the other, and stops in the middle.
  @Test func oneAfterTheOther() throws {
    let (world, clone, admin) = try world()
    try world.mirror.must("config", "receive.advertiseAtomic", "false")
    try clone.set("big:a", Bytes(noise: 3000))
    #expect(try world.worker("--once").ok)
    for (n, ref) in ["refs/kv-index/main", "refs/kv/main", "refs/kv-epoch/main", "refs/kv-chunks/main@E3"].enumerated()
    {
      try admin.must("epoch", "new", "--label", "E\(n)")
      try clone.must("set", "cfg:a", "\(n)")
      try world.mirrorHook("update", "[ \"$1\" != \(ref) ]")
      let refused = try world.worker("--once")
      #expect(refused.status == 10, "\(ref): \(refused.status) \(refused.text)")
      Files.remove("\(world.mirror.path)/hooks/update")
      let outcome = try world.worker("--once")
      #expect(outcome.ok, "\(ref): \(outcome.status) \(outcome.text)")
    }
    #expect(try Together.broken(world) == [])
  }

  /// A mirror that has lost or rewound what a change of epoch brought is repaired without force.
  @Test func repaired() throws {
    let (world, clone, admin) = try world()
    try clone.set("big:a", Bytes(noise: 3000))
    #expect(try world.worker("--once").ok)
    let old = try world.mirror.refs()
    try admin.must("epoch", "new", "--label", "E1")
    try clone.must("set", "cfg:a", "1")
    #expect(try world.worker("--once").ok)
    for ref in ["refs/kv-archive/main@2026Q4", "refs/kv-chunks/main@E1", "refs/kv-watchlog/main@2026Q4"] {
      try world.mirror.must("update-ref", "-d", ref)
    }
    for ref in ["refs/kv/main", "refs/kv-index/main", "refs/kv-epoch/main"] {
      try world.mirror.must("update-ref", ref, old[ref]!)
    }
    #expect(try world.worker("--once").status == 11)
    #expect(try world.stargate("sync").status == 6)
    let repair = try world.stargate("sync", "--repair")
    #expect(repair.status == 0, "\(repair.status) \(repair.text)\(repair.errors)")
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }
}
