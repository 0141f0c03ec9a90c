import Testing

/// Commands on large values that fail: with which code and words, and with nothing stored nor moved.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LargeErrorStories {
  /// One line of shell, run in a clone beside `../big` (5,000 bytes), `../over` (20,001), and `../huge` (1 TiB, all holes).
  struct Failure: Sendable, CustomTestStringConvertible {
    let line: String
    let code: Int32
    let says: String
    var testDescription: String { line }
  }

  private static func fails(_ code: Int32, _ says: String, _ lines: String...) -> [Failure] {
    lines.map { Failure(line: $0, code: code, says: says) }
  }

  private static func each(_ values: [String], _ line: (String) -> String) -> [String] { values.map(line) }

  static let all: [Failure] = sizes + limits + inputs + ranges + outputs

  private static let sizes =
    ["''", "x", "1.5KiB", "'64 KiB'", "1kib", "064", "0x10", "=-1", "99999999999999999999", "9999999999999GiB"].flatMap
  {
    fails(64, "size", "git kv set cfg:x ../big --max-inline\($0.hasPrefix("=") ? "" : " ")\($0)")
  }
    + fails(
      3, "max_value_inline", "git kv set cfg:x ../big --max-inline 61", "git kv set cfg:x --value x --max-inline 1GiB",
      #"echo '{"op":"set","key":"cfg:x","value":"x"}' | git kv mset --file - --max-inline 61"#)
    + fails(64, "size", #"echo '{"op":"set","key":"cfg:x","value":"x"}' | git kv mset --file - --max-inline x"#)

  /// The largest value is 20,000 bytes.
  private static let limits =
    fails(
      3, "max_value_total", "git kv set cfg:x ../over", "git kv set cfg:x --file ../over",
      "git kv set cfg:x - <../over",
      "cat ../over | git kv set cfg:x -", "git kv set cfg:x --value \"$(cat ../text)\"", "git kv set cfg:x ../huge",
      "yes | git kv set cfg:x -", "git kv set cfg:x --file /dev/zero", "git kv set cfg:x - </dev/zero",
      "git kv set cfg:x ../huge --max-inline 0")
    + fails(
      3, "2: value of 'cfg:y'",
      #"printf '%s\n' '{"op":"set","key":"cfg:x","file":"../big"}' '{"op":"set","key":"cfg:y","file":"../over"}' "#
        + "| git kv mset --file -",
      #"printf '%s\n' '{"op":"set","key":"cfg:x","file":"../big"}' '{"op":"set","key":"cfg:y","file":"../huge"}' "#
        + "| git kv mset --file -")
    + fails(3, "LFS", "git kv set cfg:x ../pointer", "git kv set cfg:x ../pointer --max-inline 0")

  private static let inputs =
    fails(
      5, "cannot read", "git kv set cfg:x --file /proc/self/mem", "git kv set cfg:x --file ..",
      "git kv set cfg:x - <..") + fails(5, "../nowhere/value", "git kv set cfg:x --file ../nowhere/value")
    + fails(
      5, "2: ",
      #"printf '%s\n' '{"op":"set","key":"cfg:x","file":"../big"}' '{"op":"set","key":"cfg:y","file":".."}' "#
        + "| git kv mset --file -",
      #"printf '%s\n' '{"op":"set","key":"cfg:x","file":"../big"}' '{"op":"set","key":"cfg:y","file":"nowhere"}' "#
        + "| git kv mset --file -")
    + fails(64, "ttl", "git kv set cfg:x ../big --ttl soon") + fails(4, "key", "git kv set '' ../big")

  private static let ranges =
    ["''", "a", "5", "-", "1-2-3", "+1-2", "0x1-2", "' 1-2'", "'1- 2'", "1,2", "9223372036854775808-", "=--5"].flatMap {
      fails(64, "range", "git kv get cfg:big --offline --range\($0.hasPrefix("=") ? "" : " ")\($0)")
    }
    + fails(
      64, "range", "git kv get cfg:big --offline --range 5-4", "git kv get cfg:big --offline --range 5000-",
      "git kv get cfg:big --offline --range 5000-5000", "git kv get cfg:big --offline --range=-0",
      "git kv get cfg:empty --offline --range 0-", "git kv get cfg:empty --offline --range=-1",
      "git kv --json get cfg:big --offline --range 0-1", "git kv get cfg:big --offline --range 9000- --output ../new")

  private static let outputs =
    fails(5, "../no/", "git kv get cfg:big --offline --output ../no/new")
    + fails(
      5, "", "git kv get cfg:big --offline --output ..", "git kv get cfg:big --offline --output ../folder/",
      "git kv get cfg:big --offline --output ../folder",
      "git kv get cfg:big --offline --output ../big/new", "git kv get cfg:big --offline --output ../fifo",
      "git kv get cfg:big --offline --output /dev/null", "git kv get cfg:small --offline --output ../folder",
      "git kv get cfg:big --offline >/dev/full",
      // No file may grow beyond four blocks of 512 bytes.
      "trap '' XFSZ; ulimit -f 4; git kv get cfg:big --offline --output ../new",
      "trap '' XFSZ; ulimit -f 4; git kv get cfg:big --offline --output ../old",
      "trap '' XFSZ; ulimit -f 4; git kv set cfg:x ../big")
    + fails(1, "cfg:none", "git kv get cfg:none --offline --output ../new", "git kv get cfg:none --output ../old")
    + fails(7, "expired", "git kv get cfg:expired --offline --output ../new", "git kv get cfg:expired --output ../old")
    + fails(
      64, "", "git kv get cfg:big --offline --output ''", "git kv get cfg:big --raw --json", "git kv verify",
      "git kv verify cfg:big --restart")

  private static let base: Result<(World, Clone), any Error> = Result {
    let more = ["max_value_total: 20000", "forbidden: [{ lfs: true }]"]
    let world = try World.large(policy: SmallChunks.policy("fastcdc", more[0], more[1]))
    Scraps.add(world.box.root)
    let clone = try world.begin()
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "4", count: 64))\nsize 1\n"
    for (name, bytes) in [
      ("big", Bytes(noise: 5000)), ("over", Bytes(noise: 20_001)), ("pointer", Bytes(pointer.utf8)),
      ("text", Bytes(String(repeating: "text", count: 5001).utf8)), ("old", Bytes("what was there".utf8)),
    ] { try Files.write(clone.path(name), bytes.all) }
    try world.box.must(["truncate", "-s", "1T", clone.path("huge")])
    try world.box.must(["mkfifo", clone.path("fifo")])
    try Files.makeFolder(clone.path("folder"))
    try clone.must("set", "cfg:big", "../big")
    try clone.must("set", "cfg:expired", "../big", "--ttl", "1s")
    try clone.set("cfg:empty", [])
    try clone.must("set", "cfg:small", "small")
    while try clone.kv("get", "cfg:expired", "--offline").ok {}
    return (world, clone)
  }

  @Test(arguments: all) func failsAsItShould(_ row: Failure) throws {
    let (world, clone) = try Self.base.get()
    let before = try (CloneState(clone), Snapshot(world.gate), clone.repo.storedBytes, Files.names(world.box.root))
    let outcome = try world.box.run(["sh", "-c", row.line], in: clone.repo.path, limit: 20)
    let said = "\(outcome.status)\n\(outcome.errors)\(outcome.out.count) bytes printed"
    #expect(outcome.status == row.code && !outcome.timedOut && !outcome.heldOpen, "\(said)")
    let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
    let isTold = errors.count == 1 && errors[0].hasSuffix("[\(row.code)]") && errors[0].contains(row.says)
    #expect(isTold, "expected one error line with '\(row.says)' and [\(row.code)], got \(said)")
    #expect(row.line.contains("--json") || outcome.out.isEmpty, "\(said)")
    #expect(try CloneState(clone).changes(since: before.0) == [])
    #expect(try Snapshot(world.gate).changes(since: before.1) == [])
    // What could not be written to its end may leave objects that nothing names.
    let isStored = clone.repo.storedBytes != before.2 && !row.line.contains("ulimit")
    #expect(!isStored, "something was stored")
    #expect(Set(Files.names(world.box.root)) == Set(before.3), "a file appeared")
    #expect(try Files.text(clone.path("old")) == "what was there")
  }

  /// As much as the policy allows goes, however it comes.
  @Test func theLargestValue() throws {
    let world = try World.large(policy: SmallChunks.policy("fastcdc", "max_value_total: 20000"))
    let clone = try world.begin()
    let bytes = Bytes(noise: 20_000)
    try Files.write(clone.path("value"), bytes.all)
    try clone.must("set", "cfg:file", "../value")
    try clone.set("cfg:pipe", bytes)
    #expect(try clone.value("cfg:file") == bytes && clone.value("cfg:pipe") == bytes)
    #expect(try world.broken() == [])
  }

  /// A manifest names some 90,000 chunks, and this value is cut into more.
  @Test func tooManyChunks() throws {
    let world = try World.large(policy: SmallChunks.policy("fixed").replacing("avg: 256", with: "avg: 64"))
    let clone = try world.begin()
    try Files.write(clone.path("value"), Bytes(noise: 110_000 * 64).all)
    let before = try (CloneState(clone), Snapshot(world.gate), clone.repo.storedBytes)
    let outcome = try clone.kv("set", "cfg:a", "../value")
    #expect(outcome.status == 3 && outcome.errors.contains("110000 chunks"), "\(outcome.errors)")
    #expect(try CloneState(clone).changes(since: before.0) == [])
    #expect(try Snapshot(world.gate).changes(since: before.1) == [])
    #expect(clone.repo.storedBytes - before.2 < 10_000, "chunks were stored")
  }

  /// What only the Stargate's policy forbids is refused there, and nothing stays of it.
  @Test func whatTheServerForbids() throws {
    let world = try World.large(policy: SmallChunks.policy("fastcdc", "max_value_total: 20000"))
    let clone = try world.start()
    try clone.set("cfg:a", Bytes(noise: 15_000), "--max-inline", "60")
    let before = try (CloneState(clone), Snapshot(world.gate))
    let outcome = try clone.kv(["set", "cfg:b", "-", "--max-inline", "60"], Bytes(noise: 20_001).all)
    #expect(outcome.status == 3 && outcome.errors.contains("max_value_total"), "\(outcome.errors)")
    #expect(try CloneState(clone).changes(since: before.0) == [])
    #expect(try Snapshot(world.gate).changes(since: before.1) == [])
    #expect(try clone.kv("get", "cfg:b").status == 1)
    try clone.set("cfg:c", Bytes(noise: 15_000, seed: 2), "--max-inline", "60")
    #expect(try world.broken() == [])
  }
}
