/// Chunks commits that do not belong to their transaction.
enum ChunkCommitRows {
  static let all: [Row] = commits + several + signatures

  private static let setBig = ManifestRows.setBig

  static let commits = [
    chunks("KV-Chunks-Tree '-' beside a chunks commit", 8, says: "a chunks commit belongs to no transaction") {
      $0.ledger["KV-Chunks-Tree"] = "-"
    },
    chunks("KV-Chunks-Tree of another tree", 8, says: "KV-Chunks-Tree") {
      $0.ledger["KV-Chunks-Tree"] = $0.ledger.tree
    },
    chunks("KV-Chunks-Tree of the old chunks", 8, says: "KV-Chunks-Tree") {
      $0.ledger["KV-Chunks-Tree"] = try $0.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4^{tree}")
    },
    chunks("KV-Chunks-Tree of the chunks commit itself", 8, says: "KV-Chunks-Tree") {
      $0.ledger["KV-Chunks-Tree"] = try $0.chunks!.write(&$0.forge.state.objects, $0.forge.box)
    },
    chunks("KV-Chunks-Tree in upper case", 8, says: "KV-Chunks-Tree") {
      $0.ledger["KV-Chunks-Tree"] = $0.chunks!.tree.uppercased()
    },
    chunks("a chunks tree that is not the attested one", 8, says: "KV-Chunks-Tree") {
      $0.chunks?.tree = try $0.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4^{tree}")
    },
    chunks("another KV-Txn in the chunks", 8, says: "another transaction") {
      $0.chunks?["KV-Txn"] = $0.forge.nextTxn()
    },
    chunks("the KV-Txn of the parent in the chunks", 8, says: "another transaction") {
      $0.chunks?["KV-Txn"] = $0.forge.tips!.txn
    },
    chunks("another namespace in the chunks", 8, says: "KV-NS") { $0.chunks?["KV-NS"] = "other" },
    chunks("chunks without KV-NS", 8, says: "KV-NS") { $0.chunks?.drop("KV-NS") },
    chunks("chunks without KV-Txn", 8, says: "KV-Txn") { $0.chunks?.drop("KV-Txn") },
    chunks("chunks without any trailer", 8, says: "trailers") { $0.chunks?.trailers = [] },
    chunks("chunks with KV-Txn twice", 8, says: "KV-Txn") { $0.chunks?.double("KV-Txn") },
    chunks("chunks with their trailers in another order", 8, says: "trailers") { $0.chunks?.trailers.swapAt(0, 1) },
    chunks("chunks with one of our trailers more", 8, says: "trailers") {
      $0.chunks?.add("KV-Ledger-Tree", $0.ledger.tree)
    },
    chunks("chunks with a KV-Txn that is none", 8, says: "KV-Txn") { $0.chunks?["KV-Txn"] = "1" },
    chunks("chunks with an encoding header", 8, says: "encoding") { $0.chunks?.extraHeaders = ["encoding ISO-8859-1"] },
    chunks("chunks with a header nobody knows", 8, says: "x-other") { $0.chunks?.extraHeaders = ["x-other 1"] },
    chunks("a chunks message that is no UTF-8", 8, says: "not UTF-8") { plan in
      let message = [0xc0] + plan.chunks!.messageBytes
      plan.chunks?.message = message
    },
    chunks("chunks without a subject", 8, says: "trailers") { $0.chunks?.subject = "" },
    chunks("a chunks commit of 70 KiB", 8, says: "more than") { plan in
      let message = Array(repeating: 0x78, count: 70 << 10) + Array("\n\n".utf8) + plan.chunks!.messageBytes
      plan.chunks?.message = message
    }.unseen,
    chunks("a merge in the chunks", 8, says: "merge") {
      $0.chunks?.parents.append(try $0.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4~1"))
    },
    chunks("the same parent of the chunks twice", 8, says: "merge") {
      $0.chunks?.parents.append($0.forge.tips!.chunks!)
    },
    chunks("chunks without a parent", 3, says: "refs/kv-chunks/main@2026Q4") { $0.chunks?.parents = [] },
    chunks("chunks that go on from their grandparent", 3, says: "refs/kv-chunks/main@2026Q4") {
      $0.chunks?.parents = [try $0.forge.repo.must("rev-parse", "refs/base/kv-chunks/main@2026Q4~1")]
    },
    chunks("chunks that go on from the ledger", 3, 8) { $0.chunks?.parents = $0.ledger.parents },
  ].map(\.forced)

  static let several = [
    two("chunks that come with the second of two transactions", says: "no chunks commit", first: late) {
      second, first in
      for chunk in first.chunks(of: "big:new0") { second.chunksTree.put(Names.chunk("main", chunk.digest), chunk.id) }
    },
    two("chunks that the second of two transactions takes back", says: "no manifest explains") { second, first in
      for i in 0..<5 { second.chunksTree.remove(first.chunk("big:new0", i)) }
    },
    Row.free("two chunks commits of one transaction", 8, says: "belongs to no transaction") { forge in
      var plan = forge.plan(setBig)
      plan.sealTrees()
      var half = plan.chunks!
      half.subject = "half of it"
      plan.chunks?.parents = [try half.write(&forge.state.objects, forge.box)]
      try plan.sealCommits()
      return plan.push
    },
    Row.free("two transactions and one chunks commit with the chunks of both", 8, says: "another transaction") {
      forge in
      let tip = forge.tips!.chunks!
      var first = forge.plan(Row.set("big:new0", Value(noise: 4500, seed: 5)))
      first.sealTrees()
      try first.sealCommits()
      forge.adopt(first)
      var second = forge.plan(Row.set("big:new1", Value(noise: 4500, seed: 6)))
      second.sealTrees()
      second.chunks?.parents = [tip]
      try second.sealCommits()
      return second.push
    },
    Row.free("the chunks commits in the other order", 8, says: "another transaction") { forge in
      let tip = forge.tips!.chunks!
      var plans: [Plan] = []
      for i in 0..<2 {
        var plan = forge.plan(Row.set("big:new\(i)", Value(noise: 4500, seed: UInt64(5 + i))))
        try plan.seal()
        forge.adopt(plan)
        plans.append(plan)
      }
      var (one, other) = (plans[0].chunks!, plans[1].chunks!)
      other.parents = [tip]
      one.parents = [try other.write(&forge.state.objects, forge.box)]
      var push = plans[1].push
      push[plans[1].chunksRef] = try one.write(&forge.state.objects, forge.box)
      return push
    },
  ]

  /// Under `require_signed_commits: all`.
  static let signatures = [
    whole("all: the chunks are not signed") { $0.chunks?.signature = .none },
    whole("all: a stranger signed the chunks") { $0.chunks?.signature = .by(Keys.stranger, namespace: "git") },
    whole("all: another namespace's writer signed the chunks") {
      $0.chunks?.signature = .by(Keys.other, namespace: "git")
    },
    whole("all: the chunks changed after signing") { $0.chunks?.tamper = { [0x58] + $0 } },
  ]

  private static func chunks(
    _ name: String, _ code: Int, _ other: Int? = nil, says: String = "",
    _ body: @escaping @Sendable (inout Plan) throws -> Void
  ) -> Row {
    Row.free(name, [code] + (other.map { [$0] } ?? []), says: says) { forge in
      var plan = forge.plan(setBig)
      plan.sealTrees()
      try body(&plan)
      try plan.sealCommits()
      return plan.push
    }
  }

  @Sendable private static func late(_ plan: inout Plan) { plan.chunks = nil }

  /// Two good transactions with chunks in one push, but for what is done to their trees.
  private static func two(
    _ name: String, says: String, first change: @escaping @Sendable (inout Plan) -> Void = { _ in },
    _ body: @escaping @Sendable (inout Plan, Plan) -> Void
  ) -> Row {
    Row.free(name, 8, says: says) { forge in
      var first = forge.plan(Row.set("big:new0", Value(noise: 4500, seed: 5)))
      change(&first)
      try first.seal()
      forge.adopt(first)
      var second = forge.plan(Row.set("big:new1", Value(noise: 4500, seed: 6)))
      body(&second, first)
      try second.seal()
      return second.push
    }.passing(.attest)
  }

  private static func whole(_ name: String, _ body: @escaping @Sendable (inout Plan) -> Void) -> Row {
    Row.free(name, 3, says: "sign") { forge in
      forge.signing = .all
      var plan = forge.plan(setBig)
      plan.sealTrees()
      body(&plan)
      try plan.sealCommits()
      return plan.push
    }.under(SignatureRows.allSigned).unseen
  }
}
