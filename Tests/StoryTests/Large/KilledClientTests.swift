import Glibc
import Testing

/// `git kv` killed in the middle of a large value: nobody sees half of it, and the next command goes on.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct KilledClientTests {
  private static func value(_ n: Int) -> Bytes { Bytes(noise: 3000, seed: 1000 + n) }

  /// A store with two values, and one that waits.
  private func prepare() throws -> (World, Clone) {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:a", Self.value(0))
    try clone.set("cfg:b", Self.value(1))
    return (world, clone)
  }

  @Test(arguments: [true, false]) func set(_ hasRemote: Bool) throws {
    var (world, clone) = try prepare()
    if !hasRemote {
      clone = try world.alone()
      try clone.set("cfg:a", Self.value(0))
    }
    let file = clone.path("value")
    let store = hasRemote ? world.gate.repo : clone.repo
    // The first run, which counts the calls, is not killed.
    var wanted = 2
    func command(_ n: Int) throws -> [String] {
      try Files.write(file, Self.value(n).all)
      return ["set", "cfg:n", "--file", file]
    }
    func between(_ n: Int, _ place: String) throws {
      // Either the old value or the new one, everywhere, and the others untouched.
      let seen = try clone.kv("get", "cfg:n", "--offline")
      let isOld = Bytes(seen.out) == Self.value(wanted)
      #expect(isOld || Bytes(seen.out) == Self.value(n), "\(place): \(seen.status) \(seen.errors)")
      #expect(try clone.value("cfg:a", "--offline") == Self.value(0), "\(place)")
      #expect(try Invariants.broken(store, format: .sha1) == [], "\(place)")
      wanted = n
    }
    func after(_ n: Int, _ place: String) throws {
      #expect(try clone.value("cfg:n") == Self.value(n), "\(place)")
    }
    try Killer(clone, kills: 10).run(command, between: between, after: after)
    #expect(try Invariants.broken(store, format: .sha1) == [])
    #expect(try clone.kv("verify", "--all").ok)
  }

  /// Alone, or replayed onto what somebody else has pushed meanwhile.
  @Test(arguments: [true, false]) func push(_ isReplayed: Bool) throws {
    let (world, clone) = try prepare()
    let rival = try world.policed("rival")
    func command(_ n: Int) throws -> [String] {
      try clone.set("cfg:\(n)", Self.value(n), "--no-push")
      if isReplayed { try rival.set("cfg:rival", Self.value(n)) }
      return ["push"]
    }
    func between(_ n: Int, _ place: String) throws {
      #expect(try clone.value("cfg:\(n)", "--offline") == Self.value(n), "\(place)")
      #expect(try world.broken() == [], "\(place)")
    }
    func after(_ n: Int, _ place: String) throws {
      #expect(try rival.value("cfg:\(n)") == Self.value(n), "\(place)")
    }
    try Killer(clone, kills: 10).run(command, between: between, after: after)
    #expect(try clone.kv("verify", "--all", "--fetch").ok)
    #expect(try world.broken() == [])
  }

  @Test func getOutput() throws {
    let (world, writer) = try prepare()
    _ = writer
    let output = world.box.path("output")
    try Files.write(output, "what was there")
    let clone = try world.policed("reader")
    try clone.must("list")
    func command(_ n: Int) throws -> [String] {
      // Every time the chunks have to come from the Stargate.
      Files.remove(clone.chunkHome.path)
      try Files.write(output, "what was there")
      return ["get", "cfg:b", "--output", output]
    }
    func between(_ _: Int, _ place: String) throws {
      let there = try Bytes(file: output)
      #expect(there == Bytes("what was there".utf8) || there == Self.value(1), "\(place): \(there)")
      #expect(try clone.must("list", "--offline") == "cfg:a\ncfg:b", "\(place)")
    }
    func after(_ _: Int, _ place: String) throws {
      #expect(try Bytes(file: output) == Self.value(1), "\(place)")
    }
    try Killer(clone, kills: 24).run(command, between: between, after: after)
  }

  /// A verification that was stopped goes on where it was, and does not forget what it found.
  @Test func verifyAll() throws {
    let (_, clone) = try prepare()
    for n in 2..<8 { try clone.set("cfg:c\(n)", Self.value(n)) }
    try clone.chunkHome.flipInPack(clone.repo.manifest("cfg:a", .sha1).chunks[0].blob)
    let notes = "\(clone.repo.path)/.git/kv-verify-main"
    let calls = try Strace(clone).calls(["verify", "--all"])
    let renames = calls.indices.filter { calls[$0].hasPrefix("rename") }
    #expect(renames.count >= 1, "\(renames)")
    #expect(!Files.exists(notes))
    try Strace(clone).kill(["verify", "--all"], calls, renames[0] + 3)
    #expect(Files.exists(notes))
    let rest = try clone.kv("--json", "verify", "--all")
    #expect(rest.status == 8 && rest.verified("checked") == 8 && rest.verified("wrong") == 1, "\(rest.text)")
    #expect(!rest.text.contains("cfg:a\"") && rest.text.contains("cfg:b\""), "\(rest.text)")
    #expect(!Files.exists(notes))
    // What was noted of another ledger counts for nothing, nor what is no note.
    try Strace(clone).kill(["verify", "--all"], calls, renames[0] + 3)
    #expect(try clone.kv("verify", "--all").errors.contains("going on after 1 values"))
    try Strace(clone).kill(["verify", "--all"], calls, renames[0] + 3)
    let anew = try clone.kv("--json", "verify", "--all", "--restart")
    #expect(anew.verified("checked") == 8 && anew.text.contains("cfg:a\""), "\(anew.text)")
    try Strace(clone).kill(["verify", "--all"], calls, renames[0] + 3)
    try clone.must("set", "cfg:z", "small")
    let other = try clone.kv("--json", "verify", "--all")
    #expect(other.verified("checked") == 9 && other.text.contains("cfg:a\""), "\(other.text)")
    try Files.write(notes, "no note")
    #expect(try clone.kv("--json", "verify", "--all").verified("checked") == 9)
  }
}
