import Testing

/// `git kv watch --exec`: a command for each event, and the place from which a failed one is tried again.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WatchExecStories {
  @Test func eachEvent() throws {
    let hand = try HandLog()
    let events = try (1...3).map { try hand.append($0, set: ["k\($0)"], del: $0 == 2 ? ["gone"] : []) }
    var reader = try hand.reader()
    reader.env["LC_ALL"] = "C.UTF-8"
    // A command has its own standard output, the user's environment, and pipes as everywhere.
    let script = #"cat; echo "$KV_NS $KV_TXN $KV_OID $KV_EPOCH $LC_ALL"; yes | head -n 1"#
    let all = try reader.kv("watch", "--exec", script)
    let wanted = events.enumerated().map {
      "\($1.line)\nmain \(HandLog.transaction($0 + 1)) \($1.ledger) 2026Q4 C.UTF-8\ny\n"
    }
    #expect(all.status == 0 && all.text == wanted.joined() && all.err.isEmpty, "\(all.text)\(all.errors)")
    #expect(try reader.must("watch", "--exec", "exec >&2") == "")
    let some = try reader.must("watch", "--prefix", "gone", "--exec", "cat")
    #expect(JSON(some)?["set"] == .array([]) && JSON(some)?["txn"]?.string == HandLog.transaction(2), "\(some)")
  }

  /// Whoever goes on where the last one failed has each event at least once, in order.
  @Test func resuming() throws {
    let hand = try HandLog()
    let events = try (1...3).map { try hand.append($0, set: ["k\($0)"]) }
    let reader = try hand.reader()
    let done = hand.box.path("done")
    func run(failing number: Int, _ since: String...) throws -> Outcome {
      let script = "[ $KV_OID = \(hand.ledger(number)) ] && exit 7; echo $KV_OID >>\(done)"
      return try reader.kv(["watch", "--exec", script] + since, [])
    }
    let first = try run(failing: 1)
    #expect(first.status == 5 && first.out.isEmpty && first.errors.contains("hint: resume without --since"))
    let third = try run(failing: 3)
    let words = "the command ended with 7 on the event of \(events[2].ledger), transaction \(HandLog.transaction(3))"
    #expect(third.status == 5 && third.errors.contains(words), "\(third.errors)")
    #expect(third.errors.contains("hint: resume with '--since \(events[1].ledger)'"), "\(third.errors)")
    #expect(try run(failing: 0, "--since", events[1].ledger).ok)
    #expect(try Files.text(done) == events.map { $0.ledger + "\n" }.joined())
    let again = try run(failing: 2, "--since", events[0].ledger)
    #expect(again.errors.contains("'--since \(events[0].ledger)'"), "\(again.errors)")
    let object = JSON(try reader.kv("watch", "--json", "--exec", "kill -9 $$").text)
    #expect(object?["error"]?["message"]?.string?.contains("ended with 137") == true)
  }

  /// A command that does not read is judged by its status, also where the event does not fit into a pipe.
  @Test func aCommandThatDoesNotRead() throws {
    let hand = try HandLog()
    try hand.append(1, set: (0..<3000).map { "key:\($0):" + String(repeating: "x", count: 60) })
    let reader = try hand.reader()
    let deaf = try reader.kv("watch", "--exec", "exit 0")
    #expect(deaf.status == 0 && deaf.err.isEmpty, "\(deaf.errors)")
    #expect(try reader.must("watch", "--exec", "wc -c") == "\(reader.must("watch", "--json").utf8.count + 1)")
  }
}
