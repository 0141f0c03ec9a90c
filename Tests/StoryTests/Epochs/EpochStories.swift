import Testing

/// What `git kv epoch` does.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct EpochStories {
  /// A new epoch leaves behind what nobody needs: a clone of it is no larger than one of the same values imported anew.
  @Test(arguments: ObjectFormat.allCases) func threeEpochs(_ format: ObjectFormat) throws {
    let world = try World.epochs(format)
    let clone = try world.begin()
    let admin = try world.admin()
    var values: [String: Bytes] = [:]
    for (number, epoch) in ["E1", "E2"].enumerated() {
      for round in 0..<3 {
        let lines = (0..<150).map { i in
          values["cfg:\(i)"] = bytes("value \(i) of \(number).\(round)")
          return #"{"op":"set","key":"cfg:\#(i)","value":"value \#(i) of \#(number).\#(round)"}"# + "\n"
        }
        try clone.must("mset", "--file", "-", input: lines.joined())
        values["big:\(number)"] = Bytes(noise: 20_000, seed: 10 * number + round)
        try clone.set("big:\(number)", values["big:\(number)"]!)
      }
      try clone.set("cfg:gone", Bytes(noise: 30_000, seed: 99))
      try clone.must("del", "cfg:gone")
      let told = try admin.json("epoch", "new", "--label", epoch)
      #expect(told["epoch"]?.string == epoch && told["keys"]?.int == 151 + number, "\(told.text)")
      #expect(told["tombstones"]?.int == 1 && told["pushed"]?.bool == true, "\(told.text)")
    }
    try world.expect(values)
    let listed = try clone.must("epoch", "list").split(separator: "\n").map { $0.split(separator: "\t")[0] }
    #expect(listed == ["E2", "E1", "2026Q4"])
    let first = try clone.json("epoch", "show", "2026Q4")
    #expect(first["transactions"]?.int == 9 && first["current"]?.bool == false, "\(first.text)")
    #expect(try clone.kv("epoch", "show", "E9").status == 1)

    let fresh = try World.epochs(format)
    let importer = try fresh.begin()
    let lines = values.filter { $0.value.count < 60 }.map {
      #"{"op":"set","key":"\#($0.key)","value":"\#(String(decoding: $0.value.all, as: UTF8.self))"}"# + "\n"
    }
    try importer.must("mset", "--file", "-", input: lines.joined())
    for (key, value) in values where value.count >= 60 { try importer.set(key, value) }
    let (ours, theirs) = try (cloneBytes(world, "E2"), cloneBytes(fresh, "2026Q4"))
    #expect(Double(ours) <= 1.2 * Double(theirs), "\(ours) bytes and \(theirs)")
  }

  /// How many bytes git sends to somebody who takes the current epoch, chunks and all.
  private func cloneBytes(_ world: World, _ label: String) throws -> Int {
    let repo = Repo(box: world.box, path: world.box.path("bytes"))
    try world.box.must(["git", "init", "-q", "--bare", "--object-format=\(world.format)", repo.path])
    let refs = ["kv/main", "kv-index/main", "kv-epoch/main", "kv-chunks/main@\(label)"].map { "refs/\($0):refs/\($0)" }
    try world.box.must(
      ["git", "-c", "fetch.unpackLimit=1", "fetch", "-q", "file://\(world.gate.path)"] + refs, in: repo.path)
    return Files.tree(repo.path).filter { $0.hasSuffix(".pack") }.reduce(0) { $0 + Files.size("\(repo.path)/\($1)") }
  }

  /// What is sent is what is new, however much goes on, and also where the bytes of chunks were never here.
  @Test func sendsLittle() throws {
    let world = try World.epochs()
    let clone = try world.begin()
    for i in 0..<3 { try clone.set("big:\(i)", Bytes(noise: 40_000, seed: i)) }
    let lines = (0..<500).map { #"{"op":"set","key":"cfg:\#($0)","value":"\#($0)"}"# + "\n" }
    try clone.must("mset", "--file", "-", input: lines.joined())
    try world.gate.repo.must("config", "receive.unpackLimit", "1")
    try world.gate.repo.must("repack", "-adq")
    let before = packs(world.gate)
    let told = try world.admin().json("epoch", "new", "--label", "E1")
    #expect(told["keys"]?.int == 503, "\(told.text)")
    let sent = Set(packs(world.gate)).subtracting(before).reduce(0) { $0 + Files.size("\(world.gate.path)/\($1)") }
    #expect((1...20_000).contains(sent), "\(sent) bytes")
    #expect(try world.broken() == [])
  }

  private func packs(_ gate: Stargate) -> [String] { Files.tree(gate.path).filter { $0.hasSuffix(".pack") } }

  @Test(arguments: ObjectFormat.allCases) func withoutARemote(_ format: ObjectFormat) throws {
    let world = try World.epochs(format)
    let clone = try world.alone()
    try clone.set("big:a", Bytes(noise: 3000))
    try clone.set("big:b", Bytes(noise: 3000, seed: 2))
    try clone.must("del", "big:b")
    try clone.must("set", "cfg:a", "1")
    try clone.repo.must("config", "user.signingKey", Keys.admin.path)
    for label in ["E1", "E2"] {
      let told = try clone.json("epoch", "new", "--label", label, "--message", "A new one", "--trailer", "Why: tidy")
      #expect(told["pushed"]?.bool == false && told["keys"]?.int == 2, "\(told.text)")
    }
    #expect(try clone.kv("epoch", "new", "--label", "E1").status == 3)
    try clone.repo.must("config", "user.signingKey", Keys.writer.path)
    try clone.must("set", "cfg:a", "2")
    #expect(try clone.must("epoch", "show", "2026Q4").contains("transactions: 5"))
    #expect(try clone.must("get", "cfg:a") == "2" && clone.value("big:a") == Bytes(noise: 3000))
    try clone.repo.must("gc", "-q", "--prune=now")
    #expect(try Invariants.broken(clone.repo, format: format) == [])
    #expect(try clone.must("watch").split(separator: "\n").count == 8)
    #expect(try clone.kv("verify", "--all").ok)
  }

  /// Who may, and when not: nothing moves.
  @Test func isRefused() throws {
    let world = try World.epochs()
    let clone = try world.begin()
    let admin = try world.admin()
    try clone.must("set", "cfg:a", "1")
    try admin.must("epoch", "new", "--label", "E1")
    func fails(_ clone: Clone, _ code: Int32, _ says: String, _ arguments: String...) throws {
      let before = try (CloneState(clone), Snapshot(world.gate))
      let outcome = try clone.kv(["epoch"] + arguments, [])
      #expect(
        outcome.status == code && outcome.errors.contains(says), "\(arguments): \(outcome.status) \(outcome.errors)")
      #expect(try CloneState(clone).changes(since: before.0) == [], "\(arguments)")
      #expect(try Snapshot(world.gate).changes(since: before.1) == [], "\(arguments)")
    }
    try fails(clone, 3, "not in 'admins'", "new", "--label", "E2")
    try fails(admin, 3, "there has been an epoch '2026Q4'", "new", "--label", "2026Q4")
    try fails(admin, 3, "there has been an epoch 'E1'", "new", "--label", "E1")
    try fails(admin, 64, "label", "new", "--label", "a/b")
    try fails(admin, 64, "", "frob")
    try fails(admin, 5, "is empty", "new", "--ns", "other", "--label", "E2")
    try fails(admin, 1, "there is no epoch", "show", "E7")
    try clone.must("set", "cfg:b", "1", "--no-push")
    try fails(clone, 5, "are pending here", "new", "--label", "E2")
    try admin.repo.must("config", "user.signingKey", Keys.stranger.path)
    try fails(admin, 3, "not in 'admins'", "new", "--label", "E2")
    var keyless = admin
    keyless.env["GIT_CONFIG_GLOBAL"] = "/dev/null"
    try admin.repo.must("config", "--unset", "user.signingKey")
    try admin.repo.must("config", "user.name", "Dev")
    try admin.repo.must("config", "user.email", "dev@example.org")
    try fails(keyless, 3, "no signing key", "new", "--label", "E2")
    try admin.repo.must("config", "user.signingKey", Keys.admin.path)
    try world.gate.setLeader("elsewhere.example.org")
    try fails(admin, 9, "leader", "new", "--label", "E2")
    try world.gate.setLeader(try world.box.must(["uname", "-n"]))
    try world.gate.setPolicy(World.policy)
    try fails(admin, 3, "not in 'admins'", "new", "--label", "E2")
  }

  /// The admin signs as the policy says, and where that asks for nothing as well; dates prove nothing.
  @Test(arguments: ["all", "false"]) func signing(_ signed: String) throws {
    let world = try World.epochs()
    let policy = try Files.text(world.gate.policyFile).replacing("commits: true", with: "commits: \(signed)")
    try world.gate.setPolicy(policy)
    let clone = try world.begin()
    var admin = try world.admin()
    try clone.set("big:a", Bytes(noise: 3000))
    for (number, instant) in ["2020-02-29T00:00:00Z", "2031-01-01T00:00:00Z", "1999-12-31T23:59:59Z"].enumerated() {
      admin.env["KV_NOW"] = instant
      let told = try admin.json("epoch", "new")
      #expect(told["epoch"]?.string == ["2020Q1", "2031Q1", "1999Q4"][number], "\(told.text)")
      try clone.must("set", "cfg:a", "\(number)")
    }
    #expect(
      try clone.must("epoch", "list").split(separator: "\n").map { $0.prefix(6) } == [
        "1999Q4", "2031Q1", "2020Q1", "2026Q4",
      ])
    try world.box.untilQuiet()
    let broken = try Invariants.broken(
      world.gate.repo, format: .sha1, signed: signed == "all" ? .all : .none)
    #expect(broken == [])
  }
}
