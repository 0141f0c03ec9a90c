import Testing

/// Real git hosts as mirrors, each behind its own door: from the first refusal to the last value read there.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorHostStories {
  /// What a host says to one who may not push, in the words that reach the operator.
  private static let refusals: [HostKind: String] = [
    .ssh: "Permission denied (publickey)", .gitolite: "FATAL: W any org/mirror worker DENIED by fallthru",
    .http: "fatal: Authentication failed for",
  ]

  @Test(arguments: HostKind.allCases) func fromRefusalToReaders(_ kind: HostKind) throws {
    let world = try MirrorWorld(Way(format: .sha1, transport: .ssh))
    let host = try kind.move(world)
    let clone = try world.clone("w")
    try clone.repo.must("remote", "set-url", "origin", host.readURL)
    try clone.must("init", "--epoch", "2026Q4")
    try clone.must("set", "cfg:a", "1")

    // The host does not let the Stargate in: said as such, and nothing is lost.
    let refused = try world.worker("--once")
    #expect(refused.status == 10 && refused.text.hasPrefix("credentials: "), "\(refused.text)\(refused.errors)")
    let mirror = try world.status()["mirror"]
    #expect(mirror?["state"]?.string == "credentials", "\(mirror?.text ?? "-")")
    #expect(mirror?["error"]?.string?.contains(Self.refusals[kind] ?? "-") == true, "\(mirror?.text ?? "-")")
    #expect(try world.mirror.refs().isEmpty)

    try host.welcome(true)
    let drained = try world.worker("--drain")
    #expect(drained.status == 0, "\(drained.text)\(drained.errors)")
    #expect(try Together.broken(world) == [])

    // From now on every push over ssh starts a worker with what the daemon gives it.
    try world.wake()
    let values = (1...5).map { "value \($0)" }
    for (number, value) in values.enumerated() { try clone.must("set", "cfg:\(number)", value) }
    try clone.must("wait", "--timeout", "20s")
    let fresh = Clone(repo: Repo(box: world.box, path: world.box.path("fresh")))
    try world.box.must(["git", "clone", "-q", host.readURL, fresh.repo.path])
    #expect(try values.indices.map { try fresh.must("get", "cfg:\($0)") } == values)
    #expect(try fresh.must("get", "cfg:a") == "1")
    try world.box.untilQuiet()
    #expect(try world.worker("--drain").status == 0)
    #expect(try Together.broken(world) == [])

    // Shut out again, the Stargate goes on taking writes.
    try world.idle()
    try host.welcome(false)
    let before = try world.mirror.refs()
    try clone.must("set", "cfg:late", "1")
    #expect(try world.worker("--once").status == 10)
    #expect(try world.mirror.refs() == before && world.status()["mirror"]?["state"]?.string == "credentials")
    #expect(try clone.kv("wait", "--timeout", "0s").status == 10)
    try host.welcome(true)
    #expect(try world.worker("--once").status == 0)
    try clone.must("wait", "--timeout", "5s")
    #expect(try Together.broken(world) == [])
  }
}
