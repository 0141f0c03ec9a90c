import Testing

/// A change of epoch before the second guard alone: by hand, behind a hook that is not ours, without --atomic.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct EpochGuardTests {
  struct ByHand: Sendable, CustomTestStringConvertible {
    let name: String
    let code: Int
    let says: String
    /// Changes the good plan before its commits are made.
    var prepare: @Sendable (inout EpochPlan) -> Void = { _ in }
    /// Changes what is moved: ids by ref.
    let change: @Sendable (inout [String: String], EpochPlan) -> Void
    var testDescription: String { name }

    init(
      _ name: String, _ code: Int, _ says: String,
      _ change: @escaping @Sendable (inout [String: String], EpochPlan) -> Void = { _, _ in },
      prepare: @escaping @Sendable (inout EpochPlan) -> Void = { _ in }
    ) {
      (self.name, self.code, self.says, self.prepare, self.change) = (name, code, says, prepare, change)
    }
  }

  private static let otherwise = "and not otherwise"

  static let refused = [
    ByHand("no archive", 8, otherwise) { $0[$1.archiveRef] = nil },
    ByHand("no link", 8, "not the next link") { $0[$1.epochRef] = nil },
    ByHand("no index", 8, "may not move alone") { $0[$1.indexRef] = nil },
    ByHand("no ledger", 8, "may not move alone") { $0[$1.ledgerRef] = nil },
    ByHand("no chunks", 8, "does not hold the chunks tree") { $0[$1.chunksRef] = nil },
    ByHand("the archive alone", 8, "may not move alone") { $0 = [$1.archiveRef: $1.head] },
    ByHand("the link alone", 8, "may not move alone") { $0 = [$1.epochRef: $1.epochID] },
    ByHand("an archive of the new epoch", 8, otherwise) { $0[$1.archiveRef] = $1.ledgerID },
    ByHand("an archive of another label", 8, otherwise) { refs, plan in
      refs[plan.archiveRef] = nil
      refs["refs/kv-archive/main@2026Q3"] = plan.head
    },
    ByHand("two archives", 8, otherwise) { $0["refs/kv-archive/main@2026Q3"] = $1.head },
    ByHand("a chain that begins anew", 8, "not the next link", prepare: { $0.epoch.parents = [] }),
    ByHand(
      "another tree", 3, "would not move forward",
      prepare: {
        $0.ledger.tree = $0.forge.format.emptyTree
        $0.index["KV-Ledger-Tree"] = $0.forge.format.emptyTree
      }),
    ByHand("another sealed head", 8, otherwise, prepare: { $0.ledger["Parent-Epoch-Ledger"] = $0.forge.tips!.index }),
    ByHand(
      "another sealed index", 3, "would not move forward",
      prepare: { $0.index["Parent-Epoch-Index"] = $0.forge.tips!.ledger }),
    ByHand(
      "no parent epoch", 8, otherwise,
      prepare: { plan in
        for name in ["Parent-Epoch", "Parent-Epoch-Ledger"] { plan.ledger.drop(name) }
      }),
  ]

  /// A Stargate whose object store holds a change of epoch and a transaction, of which no ref tells.
  private func prepared(
    _ gate: Stargate, _ forge: Forge, _ change: (inout EpochPlan) -> Void = { _ in }
  ) throws -> (EpochPlan, set: Plan) {
    var set = forge.plan()
    try set.seal()
    var plan = EpochPlan(forge)
    plan.sealTrees()
    change(&plan)
    try plan.sealCommits()
    try forge.state.objects.write(to: gate.repo)
    return (plan, set)
  }

  private func move(_ gate: Stargate, _ refs: [String: String]) throws -> Outcome {
    let lines = refs.sorted { $0.key < $1.key }.map { "update \($0.key) \($0.value)\n" }.joined()
    return try gate.repo.git("update-ref", "--stdin", input: Array(lines.utf8))
  }

  private func refs(_ push: Push) -> [String: String] {
    Dictionary(push.updates.map { ($0.ref, $0.id) }) { $1 }
  }

  @Test func byHand() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    let before = try gate.repo.refs()
    func isRefused(_ refs: [String: String], _ name: String, _ code: Int, _ says: String) throws {
      let outcome = try move(gate, refs)
      let said = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
      #expect(
        !outcome.ok && said.count == 1 && said[0].contains(says) && said[0].hasSuffix("[\(code)]"),
        "\(name): \(outcome.errors)")
    }
    for row in Self.refused {
      let (plan, _) = try prepared(gate, forge, row.prepare)
      var wanted = refs(plan.push)
      row.change(&wanted, plan)
      try isRefused(wanted, row.name, row.code, row.says)
    }
    // A transaction is no occasion for either.
    let (plan, set) = try prepared(gate, forge)
    let pair = [plan.ledgerRef: set.ledgerID, plan.indexRef: set.indexID]
    try isRefused(pair.merging([plan.archiveRef: plan.head]) { $1 }, "a transaction and an archive", 8, Self.otherwise)
    try isRefused(
      pair.merging([plan.epochRef: plan.epochID]) { $1 }, "a transaction and a link", 3, "by a change of epoch alone")
    #expect(try gate.repo.refs() == before)
    // The good one, and what comes after it.
    #expect(try move(gate, refs(plan.push)).ok)
    forge.adopt(plan)
    try forge.repo.must("fetch", "-q", gate.path, "+refs/*:refs/base/*")
    let sealed = try gate.repo.refs()
    try isRefused([plan.archiveRef: plan.ledgerID], "an archive moved", 8, "may not move alone")
    try isRefused(["refs/kv-chunks/main@2026Q4": plan.chunksID!], "old chunks moved", 8, "may not move alone")
    let deletion = try gate.repo.git("update-ref", "-d", plan.archiveRef)
    #expect(!deletion.ok && deletion.errors.contains("may not be deleted [3]"))
    #expect(try gate.repo.refs() == sealed)
    #expect(try gate.repo.git("pack-refs", "--all").ok && gate.repo.git("gc", "-q", "--prune=now").ok)
    #expect(try forge.commit(gate.path, Row.set("big:2", Value(noise: 3000))).ok)
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// Behind a `pre-receive` that is somebody else's, and in the end without `reference-transaction`.
  @Test func behindForeignHooks() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    Files.remove("\(gate.path)/hooks/pre-receive")
    try Files.write("\(gate.path)/hooks/pre-receive", "#!/bin/sh\nexit 0\n", mode: 0o755)
    var plan = EpochPlan(forge)
    try plan.seal()
    let before = try gate.repo.refs()
    for ref in [plan.archiveRef, plan.epochRef, plan.indexRef, plan.ledgerRef, plan.chunksRef] {
      var half = plan.push
      half[ref] = nil
      let outcome = try forge.push(half, to: gate.path)
      #expect(!outcome.ok && outcome.errors.contains("kv: error: "), "\(ref): \(outcome.errors)")
      #expect(try gate.repo.refs() == before, "\(ref)")
    }
    #expect(try forge.push(plan.push, to: gate.path).ok)
    forge.adopt(plan)
    #expect(try forge.commit(gate.path, Row.setNew).ok)
    Files.remove("\(gate.path)/hooks/reference-transaction")
    #expect(try forge.begin("2027Q2", gate.path).ok)
    let rewound = try gate.repo.refs()
    var back = Push()
    back["refs/kv/main"] = plan.ledgerID
    back.forceAll()
    #expect(try !forge.push(back, to: gate.path).ok)
    back = Push()
    back["refs/kv-archive/main@2027Q1"] = plan.ledgerID
    back.forceAll()
    #expect(try !forge.push(back, to: gate.path).ok)
    #expect(try gate.repo.refs() == rewound)
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// Git moves the refs one by one, and none may be the first.
  @Test func aPushThatIsNotAtomic() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    var plan = EpochPlan(forge)
    try plan.seal()
    let before = try gate.repo.refs()
    var push = plan.push
    push.options = ["--no-atomic"]
    for _ in 0..<push.updates.count {
      let outcome = try forge.push(push, to: gate.path)
      #expect(!outcome.ok && outcome.errors.contains("may not move alone"), "\(outcome.errors)")
      #expect(try gate.repo.refs() == before)
      push.updates.append(push.updates.removeFirst())
    }
    #expect(try forge.push(plan.push, to: gate.path).ok)
    #expect(try Invariants.broken(gate.repo, format: .sha1, known: Template.known[.sha1]!.get()) == [])
  }

  /// A repository that is not the leader follows, and takes up the work once it is.
  @Test func aStandby() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    let (standby, _) = try Template.hooked[.sha1]!.get().copy()
    let host = try gate.repo.box.must(["uname", "-n"])
    try standby.setLeader("elsewhere.example.org")
    #expect(try forge.begin("2027Q1", gate.path).ok)
    try forge.commit(gate.path, Row.setNew)
    func follow() throws { try standby.repo.must("fetch", "-q", "--atomic", gate.path, "+refs/kv*:refs/kv*") }
    try follow()
    #expect(try forge.begin("2027Q2", standby.path).errors.contains("[9]"))
    #expect(try forge.begin("2027Q2", gate.path).ok)
    try follow()
    #expect(try standby.repo.refs() == gate.repo.refs())
    try standby.setLeader(host)
    #expect(try forge.begin("2027Q3", standby.path).ok)
    #expect(try Invariants.broken(standby.repo, format: .sha1, known: Template.known[.sha1]!.get()) == [])
  }
}
