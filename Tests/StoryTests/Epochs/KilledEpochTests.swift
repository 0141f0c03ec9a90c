import Testing

/// `git kv epoch new` killed in the middle: the old epoch or the new one, and nothing between.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct KilledEpochTests {
  /// By whom the change is pushed, or in a store without a remote.
  @Test(arguments: [true, false]) func client(_ hasRemote: Bool) throws {
    let world = try World.epochs()
    let clone = try hasRemote ? world.begin() : world.alone()
    try clone.set("big:a", Bytes(noise: 1000))
    try clone.must("set", "cfg:a", "1")
    let admin = try hasRemote ? world.admin() : clone
    try admin.repo.must("config", "user.signingKey", Keys.admin.path)
    #expect(try admin.value("big:a") == Bytes(noise: 1000))
    let store = hasRemote ? world.gate.repo : clone.repo
    func broken() throws -> [String] {
      try world.box.untilQuiet()
      return try Invariants.broken(store, format: .sha1, writers: [Keys.writer.line, Keys.admin.line])
    }
    func between(_ _: Int, _ place: String) throws {
      #expect(try broken() == [], "\(place)")
      #expect(try admin.value("big:a", "--offline") == Bytes(noise: 1000), "\(place)")
    }
    func after(_ n: Int, _ place: String) throws {
      #expect(try admin.must("epoch", "list").hasPrefix("E\(n)\t"), "\(place)")
      #expect(try admin.must("get", "cfg:a") == "1", "\(place)")
    }
    // A change that has landed is not made twice.
    try Killer(admin, kills: 10, share: hasRemote ? 0.75 : 0.5).run(
      { ["epoch", "new", "--label", "E\($0)"] }, between: between, again: { [0, 3].contains($0.status) }, after: after)
    #expect(try broken() == [])
    #expect(try admin.kv("verify", "--all", "--fetch").ok)
    if hasRemote { try clone.must("set", "cfg:a", "2") }
  }
}
