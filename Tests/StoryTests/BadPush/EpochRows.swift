/// Changes of epoch that are none (DESIGN §9): each is right in every piece but one.
enum EpochRows {
  static let all = trees + chunks + chain + commits + signatures + refs + afterwards

  /// What the new epoch holds.
  static let trees = [
    change("a tree that is not the sealed head's", 8, says: "the tree of a new epoch", trees: { $0.lie(set: true) }),
    change(
      "a live key dropped from ledger and index", 8, says: "the tree of a new epoch",
      trees: { plan in
        plan.ledgerTree.remove(Names.data("main", Array("cfg:1".utf8)))
        plan.ledgerTree.remove(Names.meta("main", Array("cfg:1".utf8)))
        plan.indexTree.remove(plan.ref("cfg:1"))
      }),
    change(
      "a live key dropped from the index", 8, says: tombstones, trees: { $0.indexTree.remove($0.ref("cfg:1")) }),
    change(
      "a tombstone kept", 8, says: tombstones,
      trees: { plan in
        plan.indexTree.put("kv/main/index/cf/g%3A/cfg%3Agone.ref", plan.forge.json(Value.tombstone("cfg:gone")))
      }),
    change(
      "a live key that is a tombstone now", 8, says: tombstones,
      trees: { $0.indexTree.put($0.ref("cfg:1"), $0.forge.json(Value.tombstone("cfg:1"))) }),
    change(
      "a pointer to an older value", 8, says: tombstones,
      trees: { $0.indexTree.put($0.ref("cfg:1"), $0.forge.json(Value("value 1").pointer("cfg:1", $0.forge.format))) }),
    change(
      "a folder still burst that a tombstone had burst", 8, says: tombstones,
      trees: { plan in
        let keys = (plan.after.entries.keys + ["near:256"]).map { Array($0.utf8) }
        for (key, path) in Names.index("main", keys) where key != Array("near:256".utf8) {
          plan.indexTree.move(plan.ref(String(decoding: key, as: UTF8.self)), to: path)
        }
      }
    ).after { gate, forge in
      try forge.commit(gate.path, Row.set("near:256", Value("bursts")))
      try forge.commit(gate.path) { $0.entries["near:256"] = .some(nil) }
    },
    change(
      "Base-Tree of an empty store", 8, says: "the tree of a new",
      commits: { $0.ledger["Base-Tree"] = $0.forge.format.emptyTree }),
    change(
      "KV-Index-Tree of the sealed index", 8, says: "other trees",
      commits: { plan in
        plan.ledger["KV-Index-Tree"] = try plan.forge.repo.must("rev-parse", "refs/base/kv-index/main^{tree}")
      }),
  ]

  private static let tombstones = "is not the sealed one less its tombstones"
  private static let needed = "are not those that its values need"

  static let chunks = [
    change("a chunk missing", 8, says: needed, trees: { $0.chunksTree.remove($0.chunk("big:0", 2)) }),
    change(
      "a chunk that no value needs", 8, says: needed,
      trees: { plan in
        let chunk = Chunk(Array("nobody's".utf8), plan.forge.format)
        plan.chunksTree.put(Names.chunk("main", chunk.digest), plan.forge.blob(chunk.bytes))
      }),
    change(
      "the chunks of a deleted value kept", 8, says: needed,
      trees: { $0.chunksTree = $0.forge.state.chunksTree }
    ).after { gate, forge in try forge.commit(gate.path) { $0.entries["big:1"] = .some(nil) } },
    change(
      "a chunk with other bytes", 8, says: needed,
      trees: { $0.chunksTree.put($0.chunk("big:0", 0), $0.forge.blob("other bytes")) }),
    change("chunks named and not pushed", 8, says: needed, push: { $0[$1.chunksRef] = nil }),
    change("chunks neither named nor pushed", 8, says: needed, trees: { $0.chunks = nil }),
    change("chunks pushed and not named", 8, says: needed, commits: { $0.ledger["KV-Chunks-Tree"] = "-" }),
    change(
      "chunks with a parent", 8, says: "may have no parent", commits: { $0.chunks?.parents = [$0.forge.tips!.chunks!] }),
    change(
      "chunks of another transaction", 8, says: "another transaction",
      commits: { $0.chunks?["KV-Txn"] = $0.forge.nextTxn() }),
    change(
      "chunks under the old label", 8, says: "is not of the transaction's epoch",
      push: { push, plan in
        push[plan.chunksRef] = nil
        push["refs/kv-chunks/main@2026Q4"] = plan.chunksID
        push.forceAll()
      }),
    change(
      "a chunks ref where no value needs one", 8, says: needed, ns: "other",
      trees: { plan in
        plan.chunks = CommitPlan()
        plan.chunksTree.put(Names.chunk("other", String(repeating: "5", count: 64)), plan.forge.blob("x"))
      }),
    change(
      "an empty chunks ref where no value needs one", 8, says: needed, ns: "other", trees: { $0.chunks = CommitPlan() }),
  ]

  /// A good change of epoch but for what the row does.
  static func change(
    _ name: String, _ code: Int, says: String, label: String = "2027Q1", ns: String = "main",
    trees: @escaping @Sendable (inout EpochPlan) -> Void = { _ in },
    push: @escaping @Sendable (inout Push, EpochPlan) throws -> Void = { _, _ in },
    commits: @escaping @Sendable (inout EpochPlan) throws -> Void = { _ in }
  ) -> Row {
    // The checker of the self-tests looks at `main`, and knows nothing of what a row does first.
    Row.free(name, code, says: says) { forge in
      var made = forge
      if ns != "main" {
        made = Forge(forge.repo, try Template.hooked[forge.format]!.get().other, ns: ns, signer: Keys.other)
      }
      var plan = EpochPlan(made, label)
      trees(&plan)
      plan.sealTrees()
      try commits(&plan)
      try plan.sealCommits()
      var all = plan.push
      try push(&all, plan)
      forge.state.objects = made.state.objects
      return all
    }.unseen
  }
}

extension EpochPlan {
  /// Where the pointer of a live key stands.
  func ref(_ key: String) -> String {
    Names.index(forge.ns, after.entries.keys.map { Array($0.utf8) })[Array(key.utf8)] ?? ""
  }

  func chunk(_ key: String, _ i: Int) -> String {
    Names.chunk(forge.ns, (after.entries[key] ?? nil)!.chunks(forge.format)[i].digest)
  }

  /// Sets a key in the ledger's tree, and in the index too.
  mutating func lie(set alsoInIndex: Bool) {
    let (key, value) = ("cfg:1", Value("slipped in"))
    ledgerTree.put(Names.data(forge.ns, Array(key.utf8)), forge.blob(value.bytes))
    ledgerTree.put(Names.meta(forge.ns, Array(key.utf8)), forge.json(value.meta))
    if alsoInIndex { indexTree.put(ref(key), forge.json(value.pointer(key, forge.format))) }
  }
}
