import Testing

/// What a Stargate accepted is on its mirror.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorStories {
  @Test(arguments: ObjectFormat.allCases) func everythingArrives(_ format: ObjectFormat) throws {
    let world = try MirrorWorld(Way(format: format, transport: .path))
    let clone = try world.start("w", MirrorWorld.namespaces)
    try clone.must("set", "cfg:a", "1")
    #expect(try world.worker("--once").status == 0)
    #expect(try Together.broken(world) == [])
  }
}
