import Testing

/// Clones that have stayed in an old epoch: what they do goes on in the current one, and nothing is lost.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LeapStories {
  private static func value(_ n: Int) -> Bytes { Bytes(noise: 3000, seed: n) }

  /// A store with a few values, and two clones in its first epoch.
  private func prepare() throws -> (world: World, clone: Clone, other: Clone, values: [String: Bytes]) {
    let world = try World.epochs()
    let other = try world.begin("other")
    try other.set("big:a", Self.value(0))
    try other.set("big:gone", Self.value(9))
    try other.must("del", "big:gone")
    try other.must("set", "cfg:a", "1")
    let clone = try world.policed("clone")
    // It knows all chunks by name, and has the bytes of few.
    try clone.set("big:b", Self.value(1))
    return (world, clone, other, ["big:a": Self.value(0), "big:b": Self.value(1), "cfg:a": bytes("1")])
  }

  private func change(_ world: World, _ other: Clone, _ values: inout [String: Bytes], times: Int = 2) throws {
    let admin = try world.admin()
    for n in 1...times {
      try other.set("big:more\(n)", Self.value(20 + n))
      values["big:more\(n)"] = Self.value(20 + n)
      try admin.must("epoch", "new", "--label", "E\(n)")
    }
  }

  /// Nothing is pending: every kind of command, each from the old epoch.
  @Test func everyCommand() throws {
    var (world, clone, other, values) = try prepare()
    let tree = try clone.json("get", "cfg:a")["tree"]?.string ?? ""
    try change(world, other, &values)
    try world.box.must(["cp", "-a", "clone", "clone.old"])
    func old(_ name: String) throws -> Clone {
      try world.box.must(["cp", "-a", world.box.path("clone.old"), world.box.path(name)])
      return Clone(repo: Repo(box: world.box, path: world.box.path(name)))
    }
    let reader = try old("reader")
    #expect(try reader.must("list", "--offline") == "big:a\nbig:b\ncfg:a")
    #expect(try reader.must("epoch", "list", "--offline").hasPrefix("2026Q4\t"))
    #expect(try reader.value("big:b", "--offline") == Self.value(1))
    #expect(try reader.value("big:more2") == Self.value(22))
    #expect(try reader.must("list", "--offline") == values.keys.sorted().joined(separator: "\n"))
    #expect(try reader.must("push") == "everything up to date")
    #expect(try reader.must("epoch", "list", "--offline").hasPrefix("E2\t"))
    #expect(try reader.kv("verify", "--all", "--fetch").ok)

    try old("set").must("set", "cfg:set", "2")
    values["cfg:set"] = bytes("2")
    // The Stargate has the bytes from long ago, the current epoch has not, and this clone never had them.
    try old("large").set("big:again", Self.value(9))
    values["big:again"] = Self.value(9)
    try old("del").must("del", "big:b")
    values["big:b"] = nil
    try old("mset").must(
      "mset", "--file", "-",
      input: #"{"op":"set","key":"cfg:m","value":"3"}"# + "\n" + #"{"op":"del","key":"cfg:a"}"# + "\n")
    (values["cfg:m"], values["cfg:a"]) = (bytes("3"), nil)
    #expect(try old("absent").kv("del", "cfg:never").status == 1)
    let cas = try old("cas")
    let lost = try cas.kv("cas", "set", "cfg:c", "4", "--expect-tree", tree)
    #expect(lost.status == 2, "\(lost.status) \(lost.errors)")
    let now = try cas.json("get", "cfg:set")["tree"]?.string ?? ""
    try cas.must("cas", "set", "cfg:c", "4", "--expect-tree", now)
    values["cfg:c"] = bytes("4")
    try world.expect(values)
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "6")
  }

  /// What was made before is sent after it, from a clone that is two epochs behind.
  @Test func pending() throws {
    var (world, clone, other, values) = try prepare()
    try clone.must("set", "cfg:p", "pending", "--no-push")
    try clone.set("big:p", Self.value(2), "--no-push")
    // Chunks that the Stargate had are not stored here; after the change it does not have them where they are needed.
    try clone.set("big:again", Self.value(9), "--no-push")
    try clone.must("del", "big:a", "--no-push")
    try change(world, other, &values)
    #expect(try clone.must("get", "cfg:p") == "pending")
    #expect(try clone.value("big:more2", "--read-from=stargate") == Self.value(22))
    try clone.must("set", "cfg:late", "later", "--no-push")
    try clone.must("push")
    for (key, value) in [("cfg:p", bytes("pending")), ("cfg:late", bytes("later"))] { values[key] = value }
    (values["big:p"], values["big:again"], values["big:a"]) = (Self.value(2), Self.value(9), nil)
    try world.expect(values)
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "6")
    #expect(try clone.must("push") == "everything up to date")
    try clone.set("big:next", Self.value(3))
    values["big:next"] = Self.value(3)
    try world.expect(values, "next")
  }

  /// What is pending goes along with the next write, is given up, or clashes with what others did before the change.
  @Test func pendingOtherwise() throws {
    var (world, clone, other, values) = try prepare()
    try clone.set("big:p", Self.value(2), "--no-push")
    try other.must("set", "cfg:a", "theirs")
    values["cfg:a"] = bytes("theirs")
    try change(world, other, &values)
    try clone.must("set", "cfg:w", "with it")
    (values["big:p"], values["cfg:w"]) = (Self.value(2), bytes("with it"))
    try world.expect(values)

    try clone.must("set", "cfg:a", "mine", "--no-push")
    try other.must("set", "cfg:a", "theirs again")
    values["cfg:a"] = bytes("theirs again")
    try world.admin("second").must("epoch", "new", "--label", "E3")
    let before = try CloneState(clone)
    let clash = try clone.kv("push")
    #expect(clash.status == 2 && clash.errors.contains("'cfg:a'"), "\(clash.status) \(clash.errors)")
    #expect(try CloneState(clone).changes(since: before) == [])
    try clone.must("push", "--discard-pending")
    #expect(try clone.must("get", "cfg:a", "--offline") == "theirs again")
    try clone.must("set", "cfg:last", "x")
    values["cfg:last"] = bytes("x")
    try world.expect(values, "in the end")
  }

  /// Writers that never stop while the epoch changes again and again.
  @Test func together() throws {
    let world = try World.epochs()
    let first = try world.begin("w0")
    let clones = try [first] + (1..<3).map { try world.policed("w\($0)") }
    try world.gate.idle()
    let admin = try world.admin()
    let sets = """
      for i in $(seq 5); do
        git kv --quiet set "cfg:$W:$i" "$W/$i" || echo "$i: $?" >&2
        head -c 500 /dev/zero | tr '\\0' "$W" | git kv --quiet set "big:$W:$i" - || echo "big $i: $?" >&2
      done
      """
    let changes = "for i in $(seq 4); do git kv --quiet epoch new --label E$i || echo \"E$i: $?\" >&2; done"
    var commands = clones.enumerated().map { w, clone in
      world.box.command(["sh", "-c", sets], in: clone.repo.path, env: ["W": "\(w)"], limit: 120)
    }
    commands.append(world.box.command(["sh", "-c", changes], in: admin.repo.path, limit: 120))
    for (w, outcome) in try runTogether(commands).enumerated() {
      #expect(outcome.ok && outcome.err.isEmpty, "\(w): \(outcome.status) \(outcome.errors.suffix(2000))")
    }
    #expect(try world.broken() == [])
    let keys = Set(try admin.must("list", "--read-from=stargate").split(separator: "\n").map(String.init))
    let wanted = Set((0..<3).flatMap { w in (1...5).flatMap { ["cfg:\(w):\($0)", "big:\(w):\($0)"] } })
    #expect(keys == wanted, "missing: \(wanted.subtracting(keys).sorted())")
    #expect(try first.must("epoch", "list").split(separator: "\n").count == 5)
  }
}
