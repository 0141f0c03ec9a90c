/// One change of epoch in the making, right in every piece until someone changes one.
///
/// The order is that of a transaction: change trees, `sealTrees`, change commits, `sealCommits`.
struct EpochPlan {
  let forge: Forge
  /// The label of the epoch that ends.
  let old: String
  var label: String
  let after: Store
  var txn: String
  var ledgerTree: Folder
  var indexTree = Folder()
  var chunksTree = Folder()
  var ledger = CommitPlan()
  var index = CommitPlan()
  /// Nil where no value stands in chunks.
  var chunks: CommitPlan?
  var epoch = CommitPlan()
  /// The commit that becomes the archive.
  var head: String
  /// Does something to the right epoch.json before it is written.
  var record: (JSON) -> JSON = { $0 }
  private(set) var ledgerID = ""
  private(set) var indexID = ""
  private(set) var chunksID: String?
  private(set) var epochID = ""

  init(_ forge: Forge, _ label: String = "2027Q1") {
    (self.forge, self.label, old) = (forge, label, forge.epoch)
    txn = forge.nextTxn()
    ledgerTree = forge.state.ledgerTree
    head = forge.tips!.ledger
    let ns = forge.ns
    after = Store(entries: forge.store.live.mapValues { .some($0) })
    let paths = Names.index(ns, after.entries.keys.map { Array($0.utf8) })
    for (key, value) in after.live {
      indexTree.put(paths[Array(key.utf8)]!, forge.json(value.pointer(key, forge.format)))
      for chunk in value.chunks(forge.format) {
        chunksTree.put(Names.chunk(ns, chunk.digest), forge.blob(chunk.bytes))
        chunks = chunks ?? CommitPlan()
      }
    }
    epoch.parents = [forge.tips!.epoch]
  }

  mutating func sealTrees() {
    ledger.tree = ledgerTree.write(&forge.state.objects)
    index.tree = indexTree.write(&forge.state.objects)
    if chunks != nil { chunks?.tree = chunksTree.write(&forge.state.objects) }
    let common = [("KV-NS", forge.ns), ("KV-Txn", txn)]
    let full =
      common + [
        ("Base-Tree", forge.state.ledgerTreeID), ("KV-Index-Tree", index.tree), ("KV-Chunks-Tree", chunks?.tree ?? "-"),
        ("Epoch", label), ("Keys-Set", "0"), ("Keys-Del", "0"), ("Parent-Epoch", old),
        ("Parent-Epoch-Ledger", forge.tips!.ledger),
      ]
    for (name, value) in full { ledger.add(name, value) }
    for (name, value) in common + [("KV-Ledger-Tree", ledger.tree), ("Parent-Epoch-Index", forge.tips!.index)] {
      index.add(name, value)
    }
    for (name, value) in common { chunks?.add(name, value) }
    for (name, value) in common + [("Epoch", label)] { epoch.add(name, value) }
    let mark = CommitPlan.Signature.by(Keys.admin, namespace: "git")
    (ledger.signature, epoch.signature) = (mark, mark)
    if forge.signing == .all {
      index.signature = mark
      chunks?.signature = mark
    }
    let seconds = forge.state.clock
    (ledger.seconds, index.seconds, epoch.seconds) = (seconds, seconds, seconds)
    chunks?.seconds = seconds
  }

  mutating func sealCommits() throws {
    ledgerID = try ledger.write(&forge.state.objects, forge.box)
    indexID = try index.write(&forge.state.objects, forge.box)
    chunksID = try chunks?.write(&forge.state.objects, forge.box)
    if epoch.tree.isEmpty {
      var tree = Folder()
      tree.put("epoch.json", forge.blob(record(rightRecord).text + "\n"))
      epoch.tree = tree.write(&forge.state.objects)
    }
    epochID = try epoch.write(&forge.state.objects, forge.box)
  }

  mutating func seal() throws {
    sealTrees()
    try sealCommits()
  }

  private var rightRecord: JSON {
    func commits(_ ledger: String, _ index: String, _ chunks: String?) -> JSON {
      let fields: [String: JSON] = ["ledger": .string(ledger), "index": .string(index)]
      return .object(fields.merging(chunks.map { ["chunks": .string($0)] } ?? [:]) { $1 })
    }
    return .object([
      "v": .number("1"), "label": .string(label), "parent": .string(old), "root": commits(ledgerID, indexID, chunksID),
      "sealed": commits(forge.tips!.ledger, forge.tips!.index, forge.tips!.chunks),
    ])
  }

  var ledgerRef: String { "refs/kv/\(forge.ns)" }
  var indexRef: String { "refs/kv-index/\(forge.ns)" }
  var epochRef: String { "refs/kv-epoch/\(forge.ns)" }
  var chunksRef: String { "refs/kv-chunks/\(forge.ns)@\(label)" }
  var archiveRef: String { "refs/kv-archive/\(forge.ns)@\(old)" }

  /// The push of this change alone. Every ref is forced, so that it is the server that has to refuse.
  var push: Push {
    var push = Push()
    push[archiveRef] = head
    push[ledgerRef] = ledgerID
    push[indexRef] = indexID
    push[epochRef] = epochID
    if let chunksID { push[chunksRef] = chunksID }
    push.forceAll()
    return push
  }
}

extension Forge {
  /// Takes a change of epoch as what the Stargate has now.
  func adopt(_ plan: EpochPlan) {
    state.store = plan.after
    (state.indexTree, state.chunksTree) = (plan.indexTree, plan.chunksTree)
    state.tips = Tips(
      ledger: plan.ledgerID, index: plan.indexID, epoch: plan.epochID, chunks: plan.chunksID, txn: plan.txn)
    epoch = plan.label
  }

  /// Makes, pushes and adopts a change of epoch; the outcome of the push.
  @discardableResult
  func begin(_ label: String, _ gate: String, _ change: (inout EpochPlan) -> Void = { _ in }) throws -> Outcome {
    var plan = EpochPlan(self, label)
    plan.sealTrees()
    change(&plan)
    try plan.sealCommits()
    let outcome = try push(plan.push, to: gate)
    if outcome.ok { adopt(plan) }
    return outcome
  }
}
