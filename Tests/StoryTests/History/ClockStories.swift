import Testing

/// Clocks that are wrong: the order is that of the ledger, and nothing is out of reach.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ClockStories {
  @Test func aheadAndBehind() throws {
    let made = try HistoryWorld()
    func by(_ clock: String, _ clone: Clone? = nil) -> Clone { HistoryWorld.at(clock, clone ?? made.dev) }
    try by("2031-01-01T00:00:00Z").must("set", "k", "ahead", "--ttl", "1d")
    try by("2019-01-01T00:00:00Z").must("set", "other", "behind")
    let admin = by("2018-01-01T00:00:00Z")
    try admin.asAdmin { try admin.must("epoch", "new", "--label", "E4") }
    try by("2026-11-21T10:00:00Z").must("set", "m", "right")
    #expect(try made.world.worker("--once").ok)

    let clone = by("2026-11-22T10:00:00Z", try made.world.clone("fresh"))
    #expect(try clone.must("get", "k") == "ahead")
    #expect(try by("2031-01-02T00:00:01Z", clone).kv("get", "k").status == 7)
    #expect(try by("2017-01-01T00:00:00Z", clone).must("get", "k") == "ahead", "it does not expire before its time")
    let history = try clone.kv("history", "--epochs", "--json", "k").lines
    #expect(history.map { $0["epoch"]?.string } == ["E3", "E3", "E2", "E2", "E1", "E1"])
    #expect(history.first?["at"]?.string == "2031-01-01T00:00:00Z")
    // Each is found by its id, whatever its epoch says of its time.
    let others = try ["other", "m"].flatMap { try clone.kv("history", "--epochs", "--json", $0).lines }
    for line in history + others {
      let txn = line["txn"]?.string ?? ""
      #expect(try clone.json("show", txn)["ledger"] == line["ledger"], "\(line)")
    }
    // A date means the last transaction in the ledger that says it was made by then.
    #expect(try clone.must("get", "--at", "2026-11-21T10:00:00Z", "m") == "right")
    #expect(try clone.must("get", "--at", "2018-06-01", "other") == "behind")
    #expect(try clone.kv("get", "--at", "2018-06-01", "m").status == 1)
    #expect(try clone.kv("get", "--at", "2017-06-01", "k").status != 0)

    #expect(try clone.kv("verify", "--all").ok)
    let audit = try made.dev.kv("audit", "--epochs")
    #expect(audit.ok, "\(audit.text)\(audit.errors)")
    #expect(try Together.broken(made.world) == [])
    // The leap from an epoch whose clock was ahead.
    try by("2026-11-23T10:00:00Z").must("set", "k", "after")
    #expect(try clone.must("get", "--read-from=stargate", "k") == "after")
  }
}
