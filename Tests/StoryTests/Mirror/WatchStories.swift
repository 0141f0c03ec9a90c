import Testing

/// `git kv watch`: every transaction once, in the order of the ledger, from any place on.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct WatchStories {
  static let ways = [Way(format: .sha1, transport: .path), Way(format: .sha256, transport: .ssh)]

  /// What a real worker has written, at the Stargate; the same in every other place, and from every place on.
  @Test(arguments: ways) func everyEventOnce(_ way: Way) throws {
    let world = try World(way, live: true)
    let writer = try world.start()
    try writer.must("set", "cfg:a", "1")
    let batch = ["cfg:b c", "cfg:\"q\"", "cfg:ä"].map { #"{"op":"set","key":\#(JSON.quote($0)),"value":"x"}"# }
    try writer.must("mset", "--file", "-", input: (batch + [#"{"op":"del","key":"cfg:a"}"#]).joined(separator: "\n"))
    try writer.must("set", "user:1", "Ada")
    try world.box.untilQuiet()
    let (gate, log) = (world.gate.repo, "refs/kv-watchlog/main@2026Q4")
    let commits = try gate.must("rev-list", "--reverse", log).split(separator: "\n").map(String.init)
    let ledgers = try gate.must("rev-list", "--reverse", "refs/kv/main").split(separator: "\n").map(String.init)
    let events = try commits.map { id -> (told: String, derived: String) in
      guard case .object(var fields)? = JSON(try gate.must("show", "\(id):event.json")) else { throw Broken(id) }
      let derived = JSON.object(fields).text
      fields["commit"] = .string(id)
      return (JSON.object(fields).text, derived)
    }
    #expect(commits.count == 4 && events.map { JSON($0.told)?["oid"]?.string } == ledgers)

    let reader = try world.clone("r")
    #expect(try lines(reader) == events.map(\.told))
    #expect(try reader.repo.refs().keys.allSatisfy { $0.hasPrefix("refs/kv-tracking/stargate/kv-") })
    for (at, names) in zip(ledgers, commits).enumerated() {
      for name in [names.0, names.1, String(names.0.prefix(12)), names.1.prefix(9).uppercased()] {
        #expect(try lines(reader, "--since", name) == events.dropFirst(at + 1).map(\.told), "\(at) \(name)")
      }
      #expect(try lines(Clone(repo: gate), "--since", names.0) == events.dropFirst(at + 1).map(\.told), "\(at)")
    }
    #expect(try lines(writer, "--since", "refs/kv/main~2") == events.suffix(2).map(\.told))
    #expect(try lines(reader, "--offline", "--from=stargate") == events.map(\.told))

    let words = try reader.must("watch").split(separator: "\n").map { $0.split(separator: " ", maxSplits: 3) }
    let keys = ["", "+cfg:a", #"+"cfg:\"q\"" +"cfg:b c" +cfg:ä -cfg:a"#, "+user:1"]
    #expect(words.map { $0.dropFirst(3).joined() } == keys)
    for (word, event) in zip(words, events) {
      let json = JSON(event.told)
      #expect([json?["ts"]?.string, json?["txn"]?.string] == [String(word[0]), String(word[1])])
      #expect(json?["oid"]?.string?.prefix(12) == word[2])
    }

    // Nobody has written a watchlog where there is no remote: it is told from the ledger.
    try writer.repo.must("remote", "remove", "origin")
    #expect(try lines(writer) == events.map(\.derived))
    for (at, ledger) in ledgers.enumerated() {
      #expect(try lines(writer, "--since", ledger) == events.dropFirst(at + 1).map(\.derived))
    }
  }

  private func lines(_ clone: Clone, _ arguments: String...) throws -> [String] {
    let outcome = try clone.kv(["watch", "--json"] + arguments, [])
    guard outcome.ok, outcome.err.isEmpty else { throw Broken("\(arguments): \(outcome.status) \(outcome.errors)") }
    return outcome.text.split(separator: "\n").map(String.init)
  }

  /// The chain tells the order of the epochs, and not their names.
  @Test func twoEpochs() throws {
    let hand = try HandLog()
    let (zeta, alpha) = (1...3, 4...5)
    var events = try zeta.map { try hand.append($0, to: "zeta", set: ["k\($0)"]) }
    events += try alpha.map { try hand.append($0, to: "alpha", set: ["k\($0)"]) }
    for epoch in ["zeta", "alpha"] { try hand.begin(epoch) }
    let reader = try hand.reader()
    #expect(try lines(reader, "--offline") == [])
    #expect(try lines(reader) == events.map(\.line))
    for (at, event) in events.enumerated() {
      for (n, id) in [event.ledger, event.commit, String(event.ledger.prefix(7))].enumerated() {
        #expect(try lines(hand.reader("r\(at)x\(n)"), "--since", id) == events.dropFirst(at + 1).map(\.line), "\(at)")
      }
    }
    // One that the chain does not know yet comes last.
    events.append(try hand.append(6, to: "Aleph", del: ["k1"]))
    #expect(try lines(reader, "--since", hand.ledger(3)) == events.suffix(3).map(\.line))
    try hand.mirror.must("update-ref", "-d", HandLog.log("zeta"))
    #expect(try lines(reader) == events.suffix(3).map(\.line))
  }

  /// A ledger that was sealed, and the one that follows it, where there is neither remote nor watchlog.
  @Test func twoLedgers() throws {
    let clone = try HandLog().reader()
    try clone.repo.must("remote", "remove", "origin")
    try clone.repo.must("config", "user.signingKey", Keys.writer.path)
    try clone.must("init", "--epoch", "zeta")
    try clone.must("set", "k1", "x")
    let sealed = try lines(clone)
    let (head, tree) = try (clone.tip(), clone.repo.must("rev-parse", "refs/kv/main^{tree}"))
    let message = """
      kv: a new epoch

      KV-NS: main
      KV-Txn: \(HandLog.transaction(7))
      Base-Tree: \(tree)
      KV-Index-Tree: \(tree)
      KV-Chunks-Tree: -
      Epoch: alpha
      Keys-Set: 0
      Keys-Del: 0

      """
    let root = try clone.repo.must("commit-tree", tree, "-F", "-", input: Array(message.utf8))
    try clone.repo.must("update-ref", "refs/kv/main", root)
    try clone.repo.must("update-ref", "refs/kv-archive/main@zeta", head)
    let all = try lines(clone)
    #expect(sealed.count == 2 && all.dropLast() == sealed[...])
    #expect(JSON(all.last ?? "")?["epoch"]?.string == "alpha" && JSON(all.last ?? "")?["set"]?.text == "[]")
    #expect(try lines(clone, "--since", "\(head)~1") == all.suffix(2))
    #expect(try lines(clone, "--since", root) == [])
  }

  @Test func prefixes() throws {
    let hand = try HandLog()
    try hand.append(1, set: ["a:1", "b:1"], del: ["a:2"])
    let second = try hand.append(2, set: ["b:2"])
    try hand.append(3)
    let third = try hand.append(4, error: "path \u{1b}[31m is not ours")
    let reader = try hand.reader()
    #expect(
      try lines(reader, "--prefix", "a:").map { [JSON($0)?["set"]?.text, JSON($0)?["del"]?.text] } == [
        [#"["a:1"]"#, #"["a:2"]"#], ["[]", "[]"],
      ])
    #expect(try lines(reader, "--prefix", "b:2") == [second.line, third.line])
    #expect(try reader.must("watch", "--prefix", "a:2").hasPrefix("2026-11-23T10:00:00Z \(HandLog.transaction(1)) "))
    let words = try reader.must("watch", "--prefix", "none")
    #expect(words.hasSuffix(#" error: "path \u001b[31m is not ours""#) && !words.contains("\n"), "\(words)")
  }
}
