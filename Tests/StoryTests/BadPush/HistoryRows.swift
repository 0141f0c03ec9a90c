/// Trees that are not the attested ones, and histories that are no chain of pairs.
enum HistoryRows {
  static let all: [Row] = mismatches + parents + pairs + several + rewinds

  static let mismatches = [
    Row.commits("KV-Index-Tree of another tree", 8, says: "KV-Index-Tree") {
      $0.ledger["KV-Index-Tree"] = $0.ledger.tree
    },
    Row.commits("KV-Ledger-Tree of another tree", 8, says: "KV-Ledger-Tree") {
      $0.index["KV-Ledger-Tree"] = $0.index.tree
    },
    Row.commits("KV-Ledger-Tree of the parent", 8, says: "KV-Ledger-Tree") {
      $0.index["KV-Ledger-Tree"] = $0.forge.state.ledgerTreeID
    },
    Row.commits("KV-Chunks-Tree without chunks", 8, says: "KV-Chunks-Tree") {
      $0.ledger["KV-Chunks-Tree"] = $0.forge.format.emptyTree
    },
    Row.commits("a ledger tree that is not the attested one", 8, says: "KV-Ledger-Tree") {
      $0.ledger.tree = $0.forge.state.ledgerTreeID
    },
    Row.commits("an index tree that is not the attested one", 8, says: "KV-Index-Tree") {
      $0.index.tree = try $0.forge.repo.must("rev-parse", "refs/base/kv-index/main^{tree}")
    },
    Row.commits("a stale Base-Tree", 8, says: "Base-Tree") {
      $0.ledger["Base-Tree"] = try $0.forge.repo.must("rev-parse", "refs/base/kv/main~1^{tree}")
    },
    Row.commits("its own tree as Base-Tree", 8, says: "Base-Tree") { $0.ledger["Base-Tree"] = $0.ledger.tree },
    Row.commits("another namespace in the ledger", 8, says: "KV-NS") { $0.ledger["KV-NS"] = "other" },
    Row.commits("another namespace in the index", 8, says: "KV-NS") { $0.index["KV-NS"] = "other" },
    Row.commits("another KV-Txn in the index", 8, says: "different transactions") {
      $0.index["KV-Txn"] = $0.forge.nextTxn()
    },
    Row.commits("the KV-Txn of the parent", 8, says: "KV-Txn") {
      ($0.ledger["KV-Txn"], $0.index["KV-Txn"]) = ($0.forge.tips!.txn, $0.forge.tips!.txn)
    },
    Row.commits("another epoch", 8, says: "Epoch") { $0.ledger["Epoch"] = "2027Q1" },
  ]

  static let parents = [
    Row.commits("a merge in the ledger", 8, says: "merge") {
      $0.ledger.parents.append(try $0.forge.repo.must("rev-parse", "refs/base/kv/main~2"))
    },
    Row.commits("a merge in the index", 8, says: "merge") {
      $0.index.parents.append(try $0.forge.repo.must("rev-parse", "refs/base/kv-index/main~2"))
    },
    Row.commits("the same parent twice", 8, says: "merge") { $0.ledger.parents.append($0.ledger.parents[0]) },
    Row.commits("a ledger that goes on from its grandparent", 3, says: "refs/kv/main") {
      $0.ledger.parents = [try $0.forge.repo.must("rev-parse", "refs/base/kv/main~1")]
    },
    Row.commits("an index that goes on from its grandparent", 3, says: "refs/kv-index/main") {
      $0.index.parents = [try $0.forge.repo.must("rev-parse", "refs/base/kv-index/main~1")]
    },
    Row.commits("a ledger without a parent", 3, says: "refs/kv/main") { $0.ledger.parents = [] },
    Row.commits("a ledger that goes on from the index", 3, 8) {
      $0.ledger.parents = $0.index.parents
    },
  ].map(\.forced)

  static let pairs = [
    Row.pushed("ledger without index", 8, says: "index") { push, plan in push[plan.indexRef] = nil },
    Row.pushed("index without ledger", 8, says: "ledger") { push, plan in push[plan.ledgerRef] = nil },
    Row.pushed("ledger and index the wrong way round", 3, 8) { push, plan in
      (push[plan.ledgerRef], push[plan.indexRef]) = (plan.indexID, plan.ledgerID)
    }.forced,
    Row.pushed("the ledger's commit on both refs", 3, 8) { push, plan in push[plan.indexRef] = plan.ledgerID }.forced,
    Row.pushed("a transaction of one namespace on the refs of another", 3, 8) { push, plan in
      push = Push()
      push["refs/kv/fresh"] = plan.ledgerID
      push["refs/kv-index/fresh"] = plan.indexID
    }.unseen,
    Row.free("a whole history replayed in another namespace", 8, says: "KV-NS") { forge in
      var push = Push()
      for kind in ["kv", "kv-index", "kv-epoch"] {
        push["refs/\(kind)/fresh"] = try forge.repo.must("rev-parse", "refs/base/\(kind)/main")
      }
      return push
    }.unseen,
    Row.free("a tree on the ledger's ref", 3, 8) { forge in
      var push = Push()
      push["refs/kv/main"] = forge.state.ledgerTreeID
      push["refs/kv-index/main"] = forge.tips!.index
      return push
    }.forced,
    Row.free("a tag on the ledger's ref", 3, 8) { forge in
      var plan = forge.plan()
      try plan.seal()
      let text = "object \(plan.ledgerID)\ntype commit\ntag t\ntagger Dev <dev@example.org> 1795428000 +0000\n\nt\n"
      var push = plan.push
      push["refs/kv/main"] = forge.state.objects.add("tag", Array(text.utf8))
      return push
    },
  ]

  static let several = [
    two("the second of two transactions counts wrongly", 8, says: "Keys-Set") { $0.ledger["Keys-Set"] = "2" }
      .passing(.attest),
    two("the second of two transactions is not signed", 3, says: "sign") { $0.ledger.signature = .none },
    two("two transactions with one KV-Txn", 8, says: "KV-Txn") { plan in
      plan.ledger["KV-Txn"] = plan.forge.tips!.txn
      plan.index["KV-Txn"] = plan.forge.tips!.txn
    },
    two("the first of three is wrong, the others hide it", 8, says: "Keys-Set", first: miscount) { _ in }
      .passing(.attest),
    Row.free("two ledger commits and one index commit", 8) { forge in
      var first = forge.plan()
      try first.seal()
      forge.adopt(first)
      var second = forge.plan { $0.entries["cfg:more"] = Value("more") }
      second.index.parents = first.index.parents
      try second.seal()
      return second.push
    },
    Row.free("the index commits in the other order", 8) { forge in
      let base = forge.tips!
      var first = forge.plan()
      try first.seal()
      forge.adopt(first)
      var second = forge.plan { $0.entries["cfg:more"] = Value("more") }
      try second.seal()
      var (one, other) = (first.index, second.index)
      other.parents = [base.index]
      one.parents = [try other.write(&forge.state.objects, forge.box)]
      var push = second.push
      push[second.indexRef] = try one.write(&forge.state.objects, forge.box)
      return push
    },
  ]

  @Sendable private static func miscount(_ plan: inout Plan) { plan.ledger["Keys-Set"] = "2" }

  /// Two good transactions in one push, but for what is done to one of them.
  private static func two(
    _ name: String, _ code: Int, says: String, first: (@Sendable (inout Plan) -> Void)? = nil,
    _ second: @escaping @Sendable (inout Plan) -> Void
  ) -> Row {
    Row.free(name, code, says: says) { forge in
      var push = Push()
      for i in 0..<(first == nil ? 2 : 3) {
        var plan = forge.plan { $0.entries["cfg:new\(i)"] = Value("new \(i)") }
        plan.sealTrees()
        if i == 0 { first?(&plan) }
        if i == 1 { second(&plan) }
        try plan.sealCommits()
        forge.adopt(plan)
        push = plan.push
      }
      return push
    }
  }

  static let rewinds = [
    removal("the ledger deleted", ["kv"]), removal("the index deleted", ["kv-index"]),
    removal("the epoch deleted", ["kv-epoch"]), removal("all deleted", ["kv", "kv-index", "kv-epoch"]).unseen,
    Row.free("both rewound by one transaction", 3, says: "move forward") { forge in
      var push = Push()
      push["refs/kv/main"] = try forge.repo.must("rev-parse", "refs/base/kv/main~1")
      push["refs/kv-index/main"] = try forge.repo.must("rev-parse", "refs/base/kv-index/main~1")
      return push
    }.forced.unseen,
  ]

  private static func removal(_ name: String, _ kinds: [String]) -> Row {
    Row.free(name, 3, says: "delet") { _ in
      var push = Push()
      for kind in kinds { push["refs/\(kind)/main"] = "" }
      return push
    }
  }
}

extension Row {
  /// The same push with every ref forced, so that it is the server that has to refuse.
  var forced: Row {
    let make = make
    var row = self
    row.make = { forge in
      var push = try make(forge)
      push.forceAll()
      return push
    }
    return row
  }
}
