import Testing

/// A mirror that is away for long: pushes go on, and when it is back all goes there at once.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorDownTests {
  /// Eight times so many, five in a push, with a run of the worker after each time.
  private static let transactions = 63

  @Test func awayAndBack() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    #expect(try world.worker("--once").ok)
    try world.countPushes()
    let away = world.box.path("away.git")
    try world.box.must(["mv", world.mirror.path, away])
    // Every run that is told to tries once, and knows of those before.
    for n in 1...8 {
      for m in stride(from: 0, to: Self.transactions, by: 5) {
        try forge.set((m..<min(m + 5, Self.transactions)).map { 1000 * n + $0 }, world.gate.path)
      }
      let failed = try world.worker("--once")
      #expect(failed.status == 10 && failed.text.contains("unreachable: "), "\(failed.status) \(failed.text)")
      let mirror = try world.status()["mirror"]
      #expect(mirror?["failures"]?.int == n && mirror?["state"]?.string == "unreachable", "\(n): \(mirror?.text ?? "")")
    }
    // The eighth pause is longer than a run waits: it goes home, and the mirror is left alone.
    let begun = now()
    let patient = try world.worker()
    #expect(patient.status == 10 && now() - begun < 10, "\(patient.status) after \(now() - begun) s")
    let status = try world.status()
    let transactions = 8 * Self.transactions
    #expect(transactions > 500)
    #expect(status["mirror"]?["failures"]?.int == 8, "the run did not heed the pause")
    #expect(status["mirror"]?["next"]?.string ?? "" > status["mirror"]?["since"]?.string ?? "~")
    #expect(status["mirror"]?["error"]?.string?.contains("mirror.git") == true)
    #expect(status["backlog"]?["transactions"]?.int == transactions, "\(status["backlog"]?.text ?? "")")

    // A journal that has become too long begins anew all the same, and nothing is forgotten.
    let lines = try Files.read(world.gate.journal)
    try Files.write(world.gate.journal, Array([[UInt8]](repeating: lines, count: (4 << 20) / lines.count + 1).joined()))
    #expect(try world.worker("--once").status == 10)
    #expect(try Files.read(world.gate.journal).count < 1000)
    #expect(try world.status()["mirror"]?["failures"]?.int == 9)

    try world.box.must(["mv", away, world.mirror.path])
    let drained = try world.worker("--drain")
    #expect(drained.ok && drained.text.contains("\(transactions) transactions"), "\(drained.status) \(drained.text)")
    let pushes = try world.pushes()
    #expect(pushes.count == 1, "\(pushes)")
    #expect(try Together.broken(world) == [])
    let healed = try world.status()
    #expect(healed["mirror"]?["failures"]?.int == 0 && healed["mirror"]?["state"]?.string == "ok")
    #expect(healed["backlog"]?["transactions"]?.int == 0)
  }
}
