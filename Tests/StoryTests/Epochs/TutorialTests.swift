import Testing

/// The tutorial page is true: each of its lines runs as it stands, in the order of the page.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct TutorialTests {
  @Test func everyLineRuns() throws {
    let page = try Files.text("\(Installed.project)/man/git-kv-year.7")
    let lines = page.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map {
      String($0.dropFirst(2)).replacing("\\('e", with: "é")
    }
    #expect(lines.count > 20)
    // Whoever follows the page writes and administers.
    let policy = MirrorWorld.policy(more: "max_value_inline: 64KiB").replacing(
      "\"\(Keys.admin.line) admin\"", with: "\"\(Keys.writer.line) writer\"")
    let world = try MirrorWorld(policy: policy, live: true)
    let clone = try world.clone("w")
    for line in lines {
      try world.box.untilQuiet()
      let outcome = try world.box.run(["sh", "-c", line], in: clone.repo.path)
      #expect(outcome.ok && outcome.err.isEmpty, "\(line): \(outcome.status) \(outcome.errors)")
    }
    #expect(try clone.must("get", "limit:rate") == "100")
    #expect(try clone.must("get", "flag:checkout") == "off")
    try world.box.untilQuiet()
    #expect(Files.exists("\(world.gate.path)/.stargate/bundles/main@2027Q1.bundle"))
  }
}
