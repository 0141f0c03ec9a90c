import Testing

/// Ref updates that no push makes: by hand in the Stargate, by git's housekeeping, by a client without --atomic.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LocalGuardTests {
  /// A Stargate whose object store already holds one more good transaction, and that transaction.
  private func prepared(_ format: ObjectFormat = .sha1) throws -> (Stargate, Forge, Plan) {
    let (gate, forge) = try Template.hooked[format]!.get().copy()
    var plan = forge.plan()
    try plan.seal()
    try forge.state.objects.write(to: forge.repo)
    for (name, id) in [("l", plan.ledgerID), ("i", plan.indexID)] {
      try forge.repo.must("update-ref", "refs/x/\(name)", id)
    }
    try gate.repo.must("fetch", "-q", forge.repo.path, "refs/x/*:refs/x/*")
    return (gate, forge, plan)
  }

  struct ByHand: Sendable, CustomTestStringConvertible {
    let name: String
    let code: Int
    let lines: @Sendable (Plan, Stargate) throws -> String
    var testDescription: String { name }
  }

  static let refused: [ByHand] = [
    ByHand(name: "the ledger alone", code: 8) { plan, _ in "update refs/kv/main \(plan.ledgerID)\n" },
    ByHand(name: "the index alone", code: 8) { plan, _ in "update refs/kv-index/main \(plan.indexID)\n" },
    ByHand(name: "the ledger deleted", code: 3) { _, _ in "delete refs/kv/main\n" },
    ByHand(name: "the index deleted", code: 3) { _, _ in "delete refs/kv-index/main\n" },
    ByHand(name: "the epoch deleted", code: 3) { _, _ in "delete refs/kv-epoch/main\n" },
    ByHand(name: "all deleted", code: 3) { _, _ in
      "delete refs/kv/main\ndelete refs/kv-index/main\ndelete refs/kv-epoch/main\n"
    },
    ByHand(name: "both rewound", code: 3) { _, gate in
      let old = try ["kv", "kv-index"].map { try gate.repo.must("rev-parse", "refs/\($0)/main~1") }
      return "update refs/kv/main \(old[0])\nupdate refs/kv-index/main \(old[1])\n"
    },
    ByHand(name: "the ledger forward and the index back", code: 8) { plan, gate in
      "update refs/kv/main \(plan.ledgerID)\nupdate refs/kv-index/main \(try gate.repo.must("rev-parse", "refs/kv-index/main~1"))\n"
    },
    ByHand(name: "the wrong way round", code: 8) { plan, _ in
      "update refs/kv/main \(plan.indexID)\nupdate refs/kv-index/main \(plan.ledgerID)\n"
    },
    ByHand(name: "another namespace's commits", code: 8) { _, gate in
      let ids = try ["kv", "kv-index"].map { try gate.repo.must("rev-parse", "refs/\($0)/other") }
      return "update refs/kv/main \(ids[0])\nupdate refs/kv-index/main \(ids[1])\n"
    },
  ]

  @Test(arguments: refused) func isRefused(_ row: ByHand) throws {
    let (gate, _, plan) = try prepared()
    let lines = try row.lines(plan, gate)
    let before = try gate.repo.refs()
    for packed in [true, false] {
      if !packed { try loosen(gate) }
      let outcome = try gate.repo.git("update-ref", "--stdin", input: Array(lines.utf8))
      let said = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
      #expect(!outcome.ok && said.count == 1 && said.first?.hasSuffix("[\(row.code)]") == true, "\(outcome.errors)")
      #expect(try gate.repo.refs() == before, "packed: \(packed)")
    }
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// Refs as files of their own, as a push leaves them.
  private func loosen(_ gate: Stargate) throws {
    for (name, id) in try gate.repo.refs() {
      let folder = name.split(separator: "/").dropLast().reduce(into: [gate.path]) { $0.append("\($0.last!)/\($1)") }
      for path in folder.dropFirst() { try Files.makeFolder(path) }
      try Files.write("\(gate.path)/\(name)", id + "\n")
    }
  }

  @Test func aWholeTransactionByHandIsAccepted() throws {
    let (gate, _, plan) = try prepared()
    let lines = "update refs/kv/main \(plan.ledgerID)\nupdate refs/kv-index/main \(plan.indexID)\n"
    let outcome = try gate.repo.git("update-ref", "--stdin", input: Array(lines.utf8))
    #expect(outcome.ok, "\(outcome.errors)")
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  @Test(arguments: ObjectFormat.allCases) func housekeepingGoesOn(_ format: ObjectFormat) throws {
    let (gate, forge, plan) = try prepared(format)
    try forge.commit(gate.path, Row.set("cfg:2", Value("loose refs")))
    let epoch = try gate.repo.id("refs/kv-epoch/main")
    func works(_ arguments: String...) throws {
      let outcome = try gate.repo.box.run(["git"] + arguments, in: gate.path)
      #expect(outcome.ok, "git \(arguments.joined(separator: " ")): \(outcome.errors)")
    }
    try works("pack-refs", "--all")
    try works("gc", "-q", "--prune=now")
    try works("repack", "-ad", "-q")
    try works("prune")
    try works("update-ref", "refs/kv-mirror/main", plan.ledgerID)
    try works("update-ref", "refs/kv-watchlog/main@2026Q4", plan.ledgerID)
    try works("update-ref", "refs/heads/topic", plan.ledgerID)
    try works("update-ref", "-d", "refs/heads/topic")
    try works("fetch", "-q", forge.repo.path, "refs/x/l:refs/heads/fetched")
    try works("pack-refs", "--all")
    try works("update-ref", "-d", "refs/kv-mirror/main")
    try forge.commit(gate.path, Row.set("cfg:3", Value("after")))
    try works("gc", "-q")
    try works("pack-refs", "--all")
    #expect(try gate.repo.id("refs/kv-epoch/main") == epoch)
    #expect(try gate.repo.id("refs/kv/main") == forge.tips?.ledger)
    #expect(try Invariants.broken(gate.repo, format: format) == [])
  }

  /// Without --atomic git moves one ref after the other: both have to land, or none.
  @Test(arguments: [false, true]) func aPushThatIsNotAtomic(_ first: Bool) throws {
    let (gate, base) = try Template.hooked[.sha1]!.get().copy()
    let ns = first ? "fresh" : "main"
    let forge = first ? Forge(base.repo, base.state.emptied, ns: ns) : base
    var plan = forge.plan()
    try plan.seal()
    let before = try gate.repo.refs()
    var push = plan.push
    push.options = ["--no-atomic"]
    let outcome = try forge.push(push, to: gate.path)
    if outcome.ok {
      #expect(try gate.repo.id("refs/kv/\(ns)") == plan.ledgerID && gate.repo.id("refs/kv-index/\(ns)") == plan.indexID)
      forge.adopt(plan)
    } else {
      #expect(try gate.repo.refs() == before)
      #expect(outcome.errors.contains("kv: error: "), "\(outcome.errors)")
    }
    #expect(try forge.commit(gate.path, Row.set("cfg:next", Value("next"))).ok)
    #expect(try Invariants.broken(gate.repo, ns: ns, format: .sha1) == [])
  }

  /// Two who built on the same tip: the second loses, and is told so.
  @Test func aLostRace() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    var slow = forge.plan(Row.set("cfg:slow", Value("slow")))
    try slow.seal()
    #expect(try forge.commit(gate.path, Row.set("cfg:fast", Value("fast"))).ok)
    let before = try Snapshot(gate)
    let outcome = try forge.push(slow.push, to: gate.path)
    #expect(!outcome.ok)
    #expect(try Snapshot(gate).changes(since: before) == [])
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// A hook that is started with something else than git gives it says no.
  @Test(arguments: ["kv-pre-receive", "kv-update", "kv-post-receive"]) func strangeInput(_ program: String) throws {
    let (gate, _) = try Template.hooked[.sha1]!.get().copy()
    let path = "\(Installed.libexec)/\(program)"
    let id = try gate.repo.must("rev-parse", "refs/kv/main")
    let inputs = [
      "rubbish\n", "\(id) \(id)\n", "\(id) \(id) refs/kv/main extra\n", "\(id) \(id) refs/kv/../x\n",
      "\(id.dropLast()) \(id) refs/kv/main\n", "\(id.uppercased()) \(id) refs/kv/main\n", "\(id) \(id) refs/kv/main",
      "\u{0}\n",
    ]
    for input in inputs where program == "kv-pre-receive" {
      let outcome = try gate.repo.box.run([path], in: gate.path, input: Array(input.utf8), env: ["GIT_DIR": "."])
      #expect(
        outcome.status != 0 && outcome.status < 128, "\(program) on '\(input)': \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("kv: error: "), "\(outcome.errors)")
    }
    for arguments in [[], ["a", "b"], ["a", "b", "c", "d"]] where program == "kv-update" {
      let outcome = try gate.repo.box.run([path] + arguments, in: gate.path, input: [], env: ["GIT_DIR": "."])
      #expect(outcome.status != 0 && outcome.status < 128, "\(program) \(arguments): \(outcome.status)")
    }
    let nowhere = try gate.repo.box.run(
      [path, "refs/kv/main", id, id], in: "/", input: Array("\(id) \(id) refs/kv/main\n".utf8))
    if program != "kv-post-receive" {
      #expect(nowhere.status != 0 && nowhere.status < 128, "\(program): \(nowhere.errors)")
    }
  }
}
