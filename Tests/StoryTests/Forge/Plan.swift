/// One transaction in the making. The order is: change trees, `sealTrees`, change commits, `sealCommits`.
struct Plan {
  let forge: Forge
  let before: Store
  let after: Store
  var txn: String
  var ledgerTree: Folder
  var indexTree: Folder
  var chunksTree: Folder
  var ledger = CommitPlan()
  var index = CommitPlan()
  /// Nil where every chunk is in the epoch already.
  var chunks: CommitPlan?
  var epoch: CommitPlan?
  /// The text of epoch.json for a pair of root commits.
  var epochFile: (_ ledger: String, _ index: String) -> String
  private(set) var ledgerID = ""
  private(set) var indexID = ""
  private(set) var chunksID: String?
  private(set) var epochID: String?

  init(_ forge: Forge, _ after: Store) {
    self.forge = forge
    before = forge.store
    self.after = after
    txn = forge.nextTxn()
    (ledgerTree, indexTree) = (forge.state.ledgerTree, forge.state.indexTree)
    chunksTree = forge.state.chunksTree
    let label = forge.epoch
    epochFile = { ledger, index in
      let root = JSON.object(["ledger": .string(ledger), "index": .string(index)])
      return JSON.object(["v": .number("1"), "label": .string(label), "root": root]).text + "\n"
    }
    layOut()
    ledger.parents = forge.tips.map { [$0.ledger] } ?? []
    index.parents = forge.tips.map { [$0.index] } ?? []
    chunks?.parents = forge.tips?.chunks.map { [$0] } ?? []
    epoch = forge.tips == nil ? CommitPlan() : nil
  }

  /// Takes the step from the old trees to those of `after`.
  private mutating func layOut() {
    let ns = forge.ns
    let paths = Names.index(ns, after.entries.keys.map { Array($0.utf8) })
    let oldPaths = Names.index(ns, before.entries.keys.map { Array($0.utf8) })
    for (key, path) in oldPaths where paths[key] != path {
      if let target = paths[key] { indexTree.move(path, to: target) } else { indexTree.remove(path) }
    }
    for (key, value) in after.entries where !before.entries.keys.contains(key) || before.entries[key]! != value {
      let bytes = Array(key.utf8)
      if let old = before.entries[key] ?? nil {
        ledgerTree.remove(old.cut == nil ? Names.data(ns, bytes) : Names.manifest(ns, bytes))
      }
      if let value {
        put(value, key)
        ledgerTree.put(Names.meta(ns, bytes), forge.json(value.meta))
      } else {
        ledgerTree.remove(Names.meta(ns, bytes))
      }
      indexTree.put(paths[bytes]!, forge.json(value?.pointer(key, forge.format) ?? Value.tombstone(key)))
    }
  }

  /// Puts a value in the ledger, or its manifest there and the chunks that the epoch does not have in theirs.
  private mutating func put(_ value: Value, _ key: String) {
    let (ns, bytes) = (forge.ns, Array(key.utf8))
    guard let manifest = value.manifest(key, forge.format) else {
      return ledgerTree.put(Names.data(ns, bytes), forge.blob(value.bytes))
    }
    ledgerTree.put(Names.manifest(ns, bytes), forge.json(manifest))
    for chunk in value.chunks(forge.format) where chunksTree[Names.chunk(ns, chunk.digest)] == nil {
      chunksTree.put(Names.chunk(ns, chunk.digest), forge.blob(chunk.bytes))
      chunks = chunks ?? CommitPlan()
    }
  }

  mutating func sealTrees() {
    ledger.tree = ledgerTree.write(&forge.state.objects)
    index.tree = indexTree.write(&forge.state.objects)
    if chunks != nil { chunks?.tree = chunksTree.write(&forge.state.objects) }
    let counts = after.counts(since: before)
    let common = [("KV-NS", forge.ns), ("KV-Txn", txn)]
    let base = forge.tips == nil ? forge.format.emptyTree : forge.state.ledgerTreeID
    let full =
      common + [
        ("Base-Tree", base), ("KV-Index-Tree", index.tree), ("KV-Chunks-Tree", chunks?.tree ?? "-"),
        ("Epoch", forge.epoch), ("Keys-Set", "\(counts.set)"), ("Keys-Del", "\(counts.del)"),
      ]
    for (name, value) in full { ledger.add(name, value) }
    for (name, value) in common + [("KV-Ledger-Tree", ledger.tree)] { index.add(name, value) }
    for (name, value) in common { chunks?.add(name, value) }
    for (name, value) in common + [("Epoch", forge.epoch)] { epoch?.add(name, value) }
    let mark = CommitPlan.Signature.by(forge.signer, namespace: "git")
    ledger.signature = forge.signing == .none ? .none : mark
    index.signature = forge.signing == .all ? mark : .none
    chunks?.signature = index.signature
    epoch?.signature = ledger.signature
    for seconds in [forge.state.clock] {
      (ledger.seconds, index.seconds) = (seconds, seconds)
      chunks?.seconds = seconds
      epoch?.seconds = seconds
    }
  }

  mutating func sealCommits() throws {
    ledgerID = try ledger.write(&forge.state.objects, forge.box)
    indexID = try index.write(&forge.state.objects, forge.box)
    chunksID = try chunks?.write(&forge.state.objects, forge.box)
    guard var root = epoch else { return }
    if root.tree.isEmpty {
      var tree = Folder()
      tree.put("epoch.json", forge.blob(epochFile(ledgerID, indexID)))
      root.tree = tree.write(&forge.state.objects)
    }
    epochID = try root.write(&forge.state.objects, forge.box)
  }

  mutating func seal() throws {
    sealTrees()
    try sealCommits()
  }

  var ledgerRef: String { "refs/kv/\(forge.ns)" }
  var indexRef: String { "refs/kv-index/\(forge.ns)" }
  var epochRef: String { "refs/kv-epoch/\(forge.ns)" }
  var chunksRef: String { "refs/kv-chunks/\(forge.ns)@\(forge.epoch)" }

  /// The push of this transaction alone.
  var push: Push {
    var push = Push()
    push[ledgerRef] = ledgerID
    push[indexRef] = indexID
    if let chunksID { push[chunksRef] = chunksID }
    if let epochID { push[epochRef] = epochID }
    return push
  }
}
