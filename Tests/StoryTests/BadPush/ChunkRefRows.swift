/// Chunks refs that do not move with their transaction.
enum ChunkRefRows {
  static let all: [Row] = pairs + refs + genesis

  private static let new = ManifestRows.new
  private static let setBig = ManifestRows.setBig

  static let pairs = [
    Row.pushed("the chunks commit not in the push", 8, says: "its chunks commit is not in this push", of: setBig) {
      push, plan in
      push[plan.chunksRef] = nil
    },
    Row.pushed("chunks and index without the ledger", 8, says: "ledger", of: setBig) { push, plan in
      push[plan.ledgerRef] = nil
    },
    Row.pushed("chunks and ledger without the index", 8, says: "index", of: setBig) { push, plan in
      push[plan.indexRef] = nil
    },
    Row.pushed("chunks alone", 8, says: "the chunks alone", of: setBig) { push, plan in
      push[plan.ledgerRef] = nil
      push[plan.indexRef] = nil
    },
    Row.pushed("chunks on the index's ref, the index on theirs", 3, 8, of: setBig) { push, plan in
      (push[plan.chunksRef], push[plan.indexRef]) = (plan.indexID, plan.chunksID)
    }.forced,
    Row.pushed("the ledger's commit on the chunks ref", 3, 8, of: setBig) { push, plan in
      push[plan.chunksRef] = plan.ledgerID
    }.forced,
    Row.pushed("a tree on the chunks ref", 3, 8, of: setBig) { push, plan in
      push[plan.chunksRef] = plan.chunks!.tree
    }.forced,
    Row.pushed("an old chunks commit on the chunks ref", 3, says: "move forward", of: setBig) { push, plan in
      push[plan.chunksRef] = try plan.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4~1")
    }.forced,
  ]

  static let refs = [
    other("the chunks under another epoch", 8, says: "epoch") { $0["refs/kv-chunks/main@2026Q3"] = $1.chunksID },
    Row.pushed("the chunks under two epochs", 8, says: "two epochs", of: setBig) { push, plan in
      push["refs/kv-chunks/main@2026Q3"] = plan.chunksID
    },
    Row.pushed("a good transaction with an old commit under another epoch", 8, says: "epoch") { push, plan in
      push["refs/kv-chunks/main@2026Q3"] = plan.forge.tips!.chunks
    },
    other("the chunks on another namespace's ref", 8, says: "its chunks commit is not in this push") {
      $0["refs/kv-chunks/other@2026Q4"] = $1.chunksID
    },
    other("the chunks on an unknown namespace's ref", 3, 8) { $0["refs/kv-chunks/nobody@2026Q4"] = $1.chunksID },
    Row.free("an old chunks commit under another epoch, alone", 8, says: "the chunks alone") { forge in
      var push = Push()
      push["refs/kv-chunks/main@2026Q3"] = forge.tips!.chunks
      return push
    },
    Row.free("the chunks ref deleted", 3, says: "delet") { _ in
      var push = Push()
      push["refs/kv-chunks/main@2026Q4"] = ""
      return push
    },
    Row.pushed("the chunks ref deleted by a good transaction", 3, says: "delet") { push, plan in
      push[plan.chunksRef] = ""
    },
    Row.free("the chunks ref rewound", 3, 8, says: "chunks") { forge in
      var push = Push()
      push["refs/kv-chunks/main@2026Q4"] = try forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4~1")
      return push
    }.forced,
    Row.free("all three rewound to an older transaction", 3, says: "move forward") { forge in
      var push = Push()
      for name in ["kv/main~2", "kv-index/main~2", "kv-chunks/main@2026Q4~1"] {
        push["refs/\(name.dropLast(2))"] = try forge.repo.must("rev-parse", "refs/base/\(name)")
      }
      return push
    }.forced.unseen,
  ]

  static let genesis = [
    first(
      "a first transaction without its chunks", 8, says: "its chunks commit is not in this push",
      push: { $0["refs/kv-chunks/fresh@2026Q4"] = nil }),
    first(
      "a first transaction with its chunks under another epoch", 8, says: "epoch",
      push: { push in
        push["refs/kv-chunks/fresh@2026Q3"] = push["refs/kv-chunks/fresh@2026Q4"]
        push["refs/kv-chunks/fresh@2026Q4"] = nil
      }),
    first(
      "first chunks that go on from another namespace's", 8, says: "KV-NS",
      commits: { plan in
        plan.chunks?.parents = [try plan.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4")]
      }),
    first(
      "first chunks beside those of another namespace", 8, says: "no manifest explains",
      trees: { plan in
        plan.chunksTree.put(Names.chunk("main", Chunk([1], plan.forge.format).digest), plan.forge.blob([1]))
      }),
  ]

  /// A transaction whose chunks begin anew, on a ref that is not theirs.
  private static func other(
    _ name: String, _ codes: Int..., says: String = "", _ body: @escaping @Sendable (inout Push, Plan) -> Void
  ) -> Row {
    Row.free(name, codes, says: says) { forge in
      var plan = forge.plan(setBig)
      plan.chunksTree = Folder()
      for chunk in plan.chunks(of: new) { plan.chunksTree.put(Names.chunk("main", chunk.digest), chunk.id) }
      plan.chunks?.parents = []
      try plan.seal()
      var push = plan.push
      push[plan.chunksRef] = nil
      body(&push, plan)
      return push
    }
  }

  /// A good start of namespace `fresh` with a value in chunks, but for what the row does.
  private static func first(
    _ name: String, _ code: Int, says: String = "", trees: @escaping @Sendable (inout Plan) -> Void = { _ in },
    push: @escaping @Sendable (inout Push) -> Void = { _ in },
    commits: @escaping @Sendable (inout Plan) throws -> Void = { _ in }
  ) -> Row {
    Row.free(name, code, says: says) { forge in
      let fresh = Forge(forge.repo, forge.state.emptied, ns: "fresh")
      var plan = fresh.plan(setBig)
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
