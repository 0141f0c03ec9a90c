/// First transactions of a namespace, and epochs where none may change.
enum GenesisRows {
  static let all: [Row] = [
    genesis("first transaction without its epoch", 8, says: "epoch", push: { $0["refs/kv-epoch/fresh"] = nil }),
    genesis("first transaction without its index", 8, says: "index", push: { $0["refs/kv-index/fresh"] = nil }),
    genesis(
      "an epoch alone", 8,
      push: { push in
        push["refs/kv/fresh"] = nil
        push["refs/kv-index/fresh"] = nil
      }),
    genesis(
      "a first Base-Tree that is not the empty tree", 8, says: "Base-Tree",
      commits: { $0.ledger["Base-Tree"] = $0.ledger.tree }),
    genesis(
      "epoch.json with another label", 8, says: "epoch",
      trees: { plan in
        plan.epochFile = { l, i in #"{"label":"2026Q3","root":{"index":"\#(i)","ledger":"\#(l)"},"v":1}"# + "\n" }
      }),
    genesis(
      "epoch.json with other roots", 8, says: "epoch",
      trees: { plan in
        plan.epochFile = { l, i in #"{"label":"2026Q4","root":{"index":"\#(l)","ledger":"\#(i)"},"v":1}"# + "\n" }
      }),
    genesis(
      "epoch.json that is not canonical", 8, says: "epoch",
      trees: { plan in
        plan.epochFile = { l, i in #"{"v":1,"label":"2026Q4","root":{"ledger":"\#(l)","index":"\#(i)"}}"# + "\n" }
      }),
    genesis(
      "an epoch tree with one more file", 8, says: "epoch",
      commits: { plan in
        var tree = Folder()
        tree.put("epoch.json", plan.forge.blob(plan.epochFile(plan.forge.format.zero, plan.forge.format.zero)))
        tree.put("more", plan.forge.blob("more"))
        plan.epoch?.tree = tree.write(&plan.forge.state.objects)
      }),
    genesis(
      "an epoch commit with another KV-Txn", 8, says: "another transaction",
      commits: { $0.epoch?["KV-Txn"] = $0.forge.nextTxn() }),
    genesis("an epoch commit with another Epoch", 8, says: "epoch", commits: { $0.epoch?["Epoch"] = "2026Q3" }),
    genesis(
      "an epoch commit with a parent", 8, says: "parent",
      commits: { plan in
        plan.epoch?.parents = [try plan.forge.repo.must("rev-parse", "refs/base/kv-epoch/main")]
      }),
    genesis("an epoch commit nobody signed", 3, says: "sign", commits: { $0.epoch?.signature = .none }),
    genesis(
      "an epoch commit a stranger signed", 3, says: "sign",
      commits: {
        $0.epoch?.signature = .by(Keys.stranger, namespace: "git")
      }),
    genesis(
      "a first ledger commit with a parent elsewhere", 8, says: "KV-NS",
      commits: { plan in
        plan.ledger.parents = [try plan.forge.repo.must("rev-parse", "refs/base/kv/main")]
      }),
    Row.free("an epoch put in place of the other", 3, 8) { forge in
      var push = Push()
      push["refs/kv-epoch/main"] = try forge.repo.must("rev-parse", "refs/base/kv-epoch/other")
      return push
    }.forced,
    Row.free("an epoch that goes on from the other", 3, 8) { forge in
      var plan = forge.plan()
      plan.epoch = CommitPlan()
      plan.epoch?.parents = [forge.tips!.epoch]
      try plan.seal()
      return plan.push
    },
  ]

  /// A good start of namespace `fresh` but for what the row does.
  private static func genesis(
    _ name: String, _ code: Int, says: String = "", trees: @escaping @Sendable (inout Plan) -> Void = { _ in },
    push: @escaping @Sendable (inout Push) -> Void = { _ in },
    commits: @escaping @Sendable (inout Plan) throws -> Void = { _ in }
  ) -> Row {
    // The checker of the self-tests looks at `main`.
    Row.free(name, code, says: says) { forge in
      let fresh = Forge(forge.repo, Forge.State(forge.state.objects), ns: "fresh")
      var plan = fresh.plan()
      trees(&plan)
      plan.sealTrees()
      try commits(&plan)
      try plan.sealCommits()
      var all = plan.push
      push(&all)
      forge.state.objects = fresh.state.objects
      return all
    }.unseen
  }
}
