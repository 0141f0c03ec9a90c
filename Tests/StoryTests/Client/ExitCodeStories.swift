import Testing

/// Every exit code of the table comes from a story, and a command that fails changes nothing.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ExitCodeStories {
  struct Failure: Sendable, CustomTestStringConvertible {
    let name: String
    let code: Int32
    let says: String
    let arguments: [String]
    var input = ""
    var prepare: @Sendable (World, Clone) throws -> Void = { _, _ in }
    var testDescription: String { name }
  }

  /// A clone with a value, a tombstone and an expired value; rows get copies of it.
  private static let base: Result<World, any Error> = Result {
    let world = try World()
    Scraps.add(world.box.root)
    let clone = try world.start()
    try clone.must(
      "mset", "--file", "-",
      input: #"{"op":"set","key":"cfg:a","value":"1"}"# + "\n" + #"{"op":"set","key":"cfg:gone","value":"1"}"# + "\n")
    try clone.must("del", "cfg:gone")
    try clone.must("set", "cfg:expired", "x", "--ttl", "1s")
    while try clone.kv("get", "cfg:expired", "--offline").ok {}
    return world
  }

  @Test(arguments: all) func failsAsItShould(_ row: Failure) throws {
    let base = try Self.base.get()
    let box = try Sandbox()
    try box.must(["cp", "-a", base.box.path("gate.git"), base.box.path("w"), base.box.path("gitconfig"), box.root])
    let world = World(base, in: box)
    let clone = Clone(repo: Repo(box: box, path: box.path("w")))
    try clone.repo.must("remote", "set-url", "origin", world.gate.path)
    let tree = try clone.repo.must("rev-parse", "refs/kv/main^{tree}")
    try row.prepare(world, clone)
    let before = try (CloneState(clone), Snapshot(world.gate))
    let arguments = row.arguments.map { $0 == "TREE" ? tree : $0 }
    for json in [false, true] {
      let outcome = try clone.kv((json ? ["--json"] : []) + arguments, Array(row.input.utf8))
      let said = "\(outcome.status)\n\(outcome.errors)\(outcome.text)"
      if outcome.status != row.code { Issue.record("\(row.name): expected \(row.code), got \(said)") }
      let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
      if errors.count != 1 || errors.first?.hasSuffix("[\(row.code)]") != true
        || errors.first?.contains(row.says) != true
      {
        Issue.record("\(row.name): expected one error line with '\(row.says)' and [\(row.code)], got \(said)")
      }
      let object = JSON(outcome.text)?["error"]
      if json && (object?["code"]?.int != Int(row.code) || object?["message"]?.string == nil) {
        Issue.record("\(row.name): --json printed \(said)")
      }
      if !json && !outcome.out.isEmpty { Issue.record("\(row.name): it printed \(said)") }
      if outcome.heldOpen { Issue.record("\(row.name): something still runs") }
    }
    #expect(try CloneState(clone).changes(since: before.0) == [], "\(row.name)")
    #expect(try Snapshot(world.gate).changes(since: before.1) == [], "\(row.name)")
  }

  /// A key cannot be put through `posix_spawn` as a Swift text when it is no text: the shell does it.
  @Test func aKeyThatIsNoUTF8() throws {
    let world = try World()
    let clone = try world.start()
    let outcome = try world.box.run(["sh", "-c", #"git kv set "$(printf 'a\377b')" x"#], in: clone.repo.path)
    #expect(outcome.status == 4 && outcome.errors.contains("[4]"), "\(outcome.errors)")
    let value = try world.box.run(["sh", "-c", #"git kv set cfg:v "$(printf 'a\377b')""#], in: clone.repo.path)
    let kept = try clone.kv("get", "cfg:v").out
    #expect(value.ok ? kept == [0x61, 0xff, 0x62] : value.status == 64, "\(value.errors)")
  }

  @Test func everyCodeHasItsStory() {
    #expect(Set(Self.all.map(\.code)).sorted() == [1, 2, 3, 4, 5, 7, 8, 9, 10, 64])
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
  }
}

extension World {
  /// The same world, copied to another folder.
  init(_ other: World, in box: Sandbox) {
    self.box = box
    format = other.format
    server = nil
    gate = Stargate(repo: Repo(box: box, path: box.path("gate.git")), format: other.format)
  }
}
