import Glibc
import Testing

/// `git kv watch --follow`: no event is missed or told twice, whatever happens to the log, and it ends when it is asked to.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct FollowStories {
  /// Four who write at once, two watches in one clone and one in the Stargate itself.
  @Test func writersAtOnce() throws {
    let world = try World(live: true)
    _ = try world.start()
    let writers = try (1...4).map { try world.clone("w\($0)") }
    let reader = try world.clone("r")
    let watches = try [reader.repo, reader.repo, world.gate.repo].map { try Follower($0, "--json") }
    for watch in watches { try watch.waitForHandler() }
    let script = "for i in 1 2 3 4 5; do git kv --quiet set cfg:$0 $i || exit; done"
    let outcomes = try runTogether(
      writers.enumerated().map { world.box.command(["sh", "-c", script, "\($0)"], in: $1.repo.path) })
    for outcome in outcomes { #expect(outcome.ok, "\(outcome.errors)") }
    let ledgers = try world.gate.repo.must("rev-list", "--reverse", "refs/kv/main").split(separator: "\n")
      .map(String.init)
    #expect(ledgers.count == 21)
    for watch in watches {
      let told = try watch.wait(lines: ledgers.count).map { JSON($0)?["oid"]?.string }
      #expect(told == ledgers)
      let outcome = try watch.end()
      #expect(outcome.status == 0 && outcome.err.isEmpty && outcome.text.split(separator: "\n").count == 21)
    }
  }

  /// The place goes away and comes back; the log is written anew, with the same events and without them.
  @Test func aLogWithAFate() throws {
    let hand = try HandLog()
    let log = HandLog.log("2026Q4")
    var events = try (1...2).map { try hand.append($0, set: ["k"]) }
    let trace = hand.box.path("trace")
    let watch = try Follower(
      hand.reader().repo, "--json", "--since", events[0].ledger, env: ["GIT_TRACE": trace])
    #expect(try watch.wait(lines: 1) == [events[1].line])
    let away = hand.box.path("away.git")
    try hand.box.must(["mv", hand.mirror.path, away])
    try watch.wait("a warning") { $0.errors.contains("kv: warning: cannot ask '\(hand.mirror.path)'") }
    func questions() throws -> Int {
      try Files.text(trace).split(separator: "\n").count { $0.contains("git ls-remote") }
    }
    let asked = try questions()
    try watch.wait("more questions") { _ in try questions() > asked + 3 }
    try hand.box.must(["mv", away, hand.mirror.path])
    events.append(try hand.append(3, set: ["k"]))
    #expect(try watch.wait(lines: 2).last == events[2].line)
    // Other commits that tell of the same transactions, and of one more.
    for number in 1...4 { events.append(try hand.append(number, on: "refs/anew", set: ["k"], minute: 1)) }
    try hand.mirror.must("update-ref", log, "refs/anew")
    #expect(try watch.wait(lines: 3).last == events.last?.line)
    try hand.begin("2026Q4")
    try hand.begin("2027Q1")
    events.append(try hand.append(5, to: "2027Q1", set: ["k"]))
    #expect(try watch.wait(lines: 4).last == events.last?.line)
    try hand.mirror.must("update-ref", "-d", HandLog.log("2027Q1"))
    let outcome = try watch.end
    #expect(outcome.status == 5 && outcome.errors.split(separator: "\n").count == 3, "\(outcome.errors)")
    #expect(outcome.errors.contains("'\(hand.ledger(5))' is not in the watchlog"), "\(outcome.errors)")
    let objects = outcome.text.split(separator: "\n").map { JSON(String($0)) }
    #expect(objects.count == 5 && objects.last??["error"]?["code"]?.int == 5, "\(outcome.text)")
  }

  @Test(arguments: [SIGINT, SIGTERM]) func endsBySignal(_ signal: Int32) throws {
    let hand = try HandLog()
    let reader = try hand.reader()
    let watch = try Follower(reader.repo)
    try watch.waitForHandler()
    #expect(try watch.end(signal).status == 0)
    // In the middle of a line that nobody reads.
    try hand.append(1, set: Self.many(3000))
    try hand.box.must(["mkfifo", hand.box.path("r/fifo")])
    let fifo = open(hand.box.path("r/fifo"), O_RDWR | O_CLOEXEC)
    defer { close(fifo) }
    let stuck = try Follower(reader.repo, script: "exec git-kv watch --follow >fifo")
    try stuck.wait("a full pipe") { _ in
      var held: Int32 = 0
      return ioctl(fifo, UInt(FIONREAD), &held) == 0 && held > 61_440
    }
    let outcome = try stuck.end(signal)
    #expect(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.errors)")
  }

  /// Keys of 70 bytes.
  private static func many(_ count: Int) -> [String] {
    (0..<count).map { "key:\($0 + 10000):" + String(repeating: "x", count: 60) }
  }

  /// A command is not torn from its event.
  @Test func endsAfterTheCommand() throws {
    let hand = try HandLog()
    for number in 1...2 { try hand.append(number, set: ["k"]) }
    let reader = try hand.reader()
    let (go, done) = (hand.box.path("go"), hand.box.path("done"))
    let watch = try Follower(
      reader.repo, "--exec", "echo begun; until [ -e \(go) ]; do sleep 0.01; done; echo $KV_TXN >>\(done)")
    _ = try watch.wait(lines: 1)
    kill(watch.pid, SIGTERM)
    try Files.write(go, "")
    #expect(try watch.end.status == 0)
    #expect(try Files.text(done) == HandLog.transaction(1) + "\n")
  }

  /// A reader that goes away ends it, though nothing is written, and without --follow too.
  @Test func endsWithItsReader() throws {
    let hand = try HandLog()
    for number in 1...3 { try hand.append(number, set: Self.many(900)) }
    let reader = try hand.reader()
    for follow in ["--follow", ""] {
      let outcome = try hand.box.run(
        ["sh", "-c", "{ git-kv watch \(follow); echo $? >status; } | head -c 10 >/dev/null"], in: reader.repo.path)
      #expect(outcome.ok && outcome.err.isEmpty, "\(outcome.errors)")
      #expect(try Files.text("\(reader.repo.path)/status") == "0\n", "\(follow)")
    }
  }

  /// With no remote, transactions are told as they are made; then as a worker here logs them.
  @Test func noRemote() throws {
    let hand = try HandLog()
    let clone = try hand.reader()
    try clone.repo.must("remote", "remove", "origin")
    let watch = try Follower(clone.repo)
    try watch.waitForHandler()
    try clone.must("init")
    _ = try watch.wait(lines: 1)
    try clone.must("set", "cfg:a", "1")
    #expect(try watch.wait(lines: 2).last?.hasSuffix(" +cfg:a") == true)
    let other = try Follower(clone.repo, "--since", "refs/kv/main", "--exec", "cat")
    try other.waitForHandler()
    try clone.must("del", "cfg:a")
    #expect(try watch.wait(lines: 3).last?.hasSuffix(" -cfg:a") == true)
    #expect(try JSON(other.wait(lines: 1)[0])?["del"]?.text == #"["cfg:a"]"#)
    #expect(try watch.end().status == 0 && other.end().status == 0)
  }
}
