/// V3 and V4: pairs the commits of a push by `KV-Txn` and checks what they attest of each other.
struct TransactionPairing {
  let namespace: Namespace
  let ledger: CommitChain
  let index: CommitChain
  let chunks: CommitChain?

  /// Returns the transactions, oldest first. Throws `.attestation`.
  /// - Parameter firstEpoch: the label that the first transaction of a namespace has to carry.
  func pair(firstEpoch: EpochLabel?) throws(Rejection) -> [TransactionCandidate] {
    guard (ledger.base == nil) == (index.base == nil) else {
      throw .attestation("ledger and index of \(namespace.name.quoted) do not begin together")
    }
    guard ledger.commits.count == index.commits.count else {
      throw .attestation(
        "the push holds \(ledger.commits.count) ledger commits but \(index.commits.count) index commits of \(namespace.name.quoted)"
      )
    }
    var candidates: [TransactionCandidate] = []
    var seen: Set<TransactionID> = []
    var waiting = chunks?.commits[...] ?? []
    var base = ledger.base
    var baseIndex = index.base
    var epoch = firstEpoch
    if let base {
      let before = try LedgerTrailers(base)
      epoch = before.epoch
      seen.insert(before.transaction)
    }
    for (commit, indexCommit) in zip(ledger.commits, index.commits) {
      let trailers = try LedgerTrailers(commit)
      try attest(trailers, commit, indexCommit, base: base?.tree ?? commit.tree.format.emptyTree)
      guard let epoch, trailers.epoch == epoch else {
        throw .attestation(
          "commit \(commit.id): Epoch \(trailers.epoch.name.quoted) is not the current one, \((epoch?.name ?? "-").quoted)"
        )
      }
      guard seen.insert(trailers.transaction).inserted else {
        throw .attestation("KV-Txn \(trailers.transaction) appears twice")
      }
      try takeChunks(trailers, &waiting)
      candidates.append(
        TransactionCandidate(
          ledger: commit, index: indexCommit, trailers: trailers, baseLedgerTree: base?.tree,
          baseIndexTree: baseIndex?.tree))
      base = commit
      baseIndex = indexCommit
    }
    guard waiting.isEmpty else { throw .attestation("a chunks commit belongs to no transaction of this push") }
    return candidates
  }

  private func attest(
    _ trailers: LedgerTrailers, _ commit: Commit, _ indexCommit: Commit, base: ObjectID
  ) throws(Rejection) {
    let said = try IndexTrailers(indexCommit)
    guard trailers.namespace == namespace, said.namespace == namespace else {
      throw .attestation("KV-NS of \(trailers.transaction) is not \(namespace.name.quoted), the namespace of its refs")
    }
    guard trailers.parent == nil, said.parent == nil else {
      throw .attestation("\(trailers.transaction) names a parent epoch, but the push seals none")
    }
    guard said.transaction == trailers.transaction else {
      throw .attestation("ledger commit \(commit.id) and index commit \(indexCommit.id) name different transactions")
    }
    for (name, value, actual) in [
      ("Base-Tree", trailers.baseTree, base), ("KV-Index-Tree", trailers.indexTree, indexCommit.tree),
      ("KV-Ledger-Tree", said.ledgerTree, commit.tree),
    ] where value != actual {
      throw .attestation("\(name) of \(trailers.transaction) is \(value), but the tree is \(actual)")
    }
  }

  private func takeChunks(_ trailers: LedgerTrailers, _ waiting: inout ArraySlice<Commit>) throws(Rejection) {
    guard let tree = trailers.chunksTree else { return }
    guard let commit = waiting.popFirst() else {
      throw .attestation("\(trailers.transaction) names a KV-Chunks-Tree, but its chunks commit is not in this push")
    }
    let said = try ChunksTrailers(commit)
    guard said.namespace == namespace, said.transaction == trailers.transaction else {
      throw .attestation("chunks commit \(commit.id) belongs to another transaction than \(trailers.transaction)")
    }
    guard commit.tree == tree else {
      throw .attestation("KV-Chunks-Tree of \(trailers.transaction) is \(tree), but the tree is \(commit.tree)")
    }
  }
}
