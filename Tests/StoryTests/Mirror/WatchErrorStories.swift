import Testing

/// `git kv watch` where there is nothing to go on from, and where the feed is none.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WatchErrorStories {
  @Test func namesThatAreNotInTheFeed() throws {
    let hand = try HandLog()
    let reader = try hand.reader()
    let nowhere = String(repeating: "1", count: 40)
    #expect(try reader.must("watch") == "")
    let empty = try reader.kv("watch", "--since", nowhere)
    #expect(empty.status == 5 && empty.errors.contains("'\(nowhere)' is not in the watchlog of 'main', which is empty"))
    let twins = try ["aaaa1", "aaaa2", "bbbb"].enumerated().map {
      try hand.append($0 + 1, set: ["k"], ledger: $1 + String(repeating: "0", count: 40 - $1.utf8.count))
    }
    let commit = try reader.repo.must("commit-tree", hand.format.emptyTree, "-m", "x", "-m", "y")
    for name in [nowhere, commit, String(commit.prefix(10)), "cccc", "bbbb1"] {
      let absent = try reader.kv("watch", "--since", name)
      #expect(absent.status == 5 && absent.out.isEmpty, "\(name)")
      #expect(absent.errors.contains("'\(name)' is not in the watchlog of 'main' [5]"), "\(absent.errors)")
      #expect(absent.errors.contains("'--since \(twins[0].ledger)'") && absent.errors.contains(twins[2].ledger))
    }
    let many = try reader.kv("watch", "--since", "aaaa")
    #expect(many.status == 64 && many.errors.contains("'aaaa' is short for 2 events"), "\(many.errors)")
    #expect(try reader.json("watch", "--since", "aaaa2")["commit"]?.string == twins[2].commit)
  }

  /// A ledger commit that the worker has not come to.
  @Test func notYet() throws {
    let world = try World(live: true)
    let writer = try world.start()
    try world.box.untilQuiet()
    try writer.must("set", "cfg:a", "1", "--no-push")
    let early = try writer.kv("watch", "--since", "refs/kv/main")
    #expect(early.status == 5 && early.errors.contains("is not in the watchlog of 'main' yet [5]"), "\(early.errors)")
    try writer.must("push")
    try world.box.untilQuiet()
    #expect(try writer.must("watch", "--since", "refs/kv/main") == "")
  }

  /// What somebody else has put into the log is not told as if it were an event.
  @Test func forgedLogs() throws {
    let hand = try HandLog()
    let (reader, log) = (try hand.reader(), HandLog.log("2026Q4"))
    let good = try hand.append(1, set: ["k"])
    let trailers = [
      ("KV-NS", "main"), ("KV-Txn", HandLog.transaction(2)), ("KV-Ledger", hand.ledger(2)), ("Epoch", "2026Q4"),
    ]
    let event = #"{"del":[],"epoch":"2026Q4","ns":"main","oid":"\#(hand.ledger(2))","set":["k"],"#
    let rest = #""ts":"2026-11-23T10:00:00Z","txn":"\#(HandLog.transaction(2))","v":1}"# + "\n"
    let lies: [(String, [(String, String)])] = [
      ("", trailers), (event + rest, Array(trailers.dropLast())), (event + " " + rest, trailers),
      (event.replacing(hand.ledger(2), with: hand.ledger(3)) + rest, trailers),
      (event.replacing("main", with: "other") + rest, trailers), (event + rest.replacing(":1}", with: ":2}"), trailers),
      (event + rest.replacing("2026-11-23T10", with: #"\n2026-11-23T10"#), trailers),
    ]
    for (text, said) in lies {
      try hand.mirror.must("update-ref", log, good.commit)
      let id = try hand.commit([("event.json", text)], on: log, said, 0)
      let lie = try reader.kv("watch", "--json", "--since", good.ledger)
      #expect(lie.status == 8 && lie.errors.contains(id), "\(text): \(lie.errors)")
      #expect(lie.errors.contains("a watchlog is written by kv-mirror-worker alone"), "\(lie.errors)")
    }
    try hand.mirror.must("update-ref", log, good.commit)
    try hand.commit([("event.json", event + rest)], on: log, trailers, 0)
    #expect(try reader.must("watch", "--json", "--since", good.ledger).hasPrefix(#"{"commit":""#))
    try hand.mirror.must("update-ref", log, try hand.mirror.must("hash-object", "-w", "--stdin", input: [0]))
    #expect(try reader.kv("watch").status == 5)
  }

  @Test func placesThatDoNotAnswer() throws {
    let hand = try HandLog()
    let reader = try hand.reader()
    let event = try hand.append(1, set: ["k"])
    #expect(try reader.must("watch", "--json") == event.line)
    try reader.repo.must("remote", "set-url", "--push", "origin", hand.mirror.path)
    try reader.repo.must("remote", "set-url", "origin", hand.box.path("nowhere.git"))
    for follow in [[], ["--follow"]] {
      let away = try reader.kv(["watch"] + follow, [])
      #expect(away.errors.contains("cannot ask '\(hand.box.path("nowhere.git"))'"), "\(away.errors)")
      #expect(away.status == 5 && away.errors.contains("--from=stargate"), "\(away.errors)")
    }
    #expect(try reader.must("watch", "--json", "--from=stargate") == event.line)
    #expect(try reader.must("watch", "--offline") == "")
    #expect(try reader.must("watch", "--offline", "--json", "--from=stargate") == event.line)
  }
}
