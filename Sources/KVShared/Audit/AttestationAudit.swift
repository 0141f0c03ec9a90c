/// V3 and V4 over a whole epoch: what the commits of a transaction attest of each other and of the one before.
struct AttestationAudit {
  let namespace: Namespace
  let epoch: AuditEpoch
  let link: EpochLink
  let place: AuditPlace

  func ledger(
    _ commit: Commit, _ trailers: LedgerTrailers, after last: Commit?, sealedTree: ObjectID?
  ) throws(AuditStop) {
    try follows(commit, last?.id, .chain)
    try place.expect(.chain, trailers.namespace == namespace, "KV-NS is \(trailers.namespace.name.quoted)")
    try place.expect(.chain, trailers.epoch == epoch.label, "Epoch is \(trailers.epoch.name.quoted)")
    let base = last?.tree ?? (trailers.parent == nil ? commit.tree.format.emptyTree : commit.tree)
    try place.expect(.chain, trailers.baseTree == base, "Base-Tree is \(trailers.baseTree), but the tree is \(base)")
    guard trailers.parent != nil else { return }
    try place.expect(
      .epoch, trailers.keysSet == 0 && trailers.keysDeleted == 0,
      "a change of epoch changes no key, but Keys-Set and Keys-Del say so")
    if let sealedTree {
      try place.expect(
        .epoch, sealedTree == commit.tree,
        "the tree of a new epoch is that of the sealed head, \(sealedTree), but the tree is \(commit.tree)")
    }
  }

  func index(
    _ index: Commit, _ trailers: LedgerTrailers, _ commit: Commit, after last: ObjectID?
  ) throws(AuditStop) {
    var place = place
    place.commit = index.id
    let said = try place.check(.index) { () throws(Rejection) in try IndexTrailers(index) }
    try follows(index, last, .index)
    try place.expect(
      .index, said.namespace == namespace && said.transaction == trailers.transaction,
      "index commit \(index.id) belongs to another transaction than \(trailers.transaction)")
    try place.expect(
      .epoch, said.parent?.hex == (trailers.parent == nil ? nil : link.sealedIndex),
      "Parent-Epoch-Index is \(said.parent?.hex ?? "-"), but epoch.json says \(link.sealedIndex ?? "-")")
    for (name, value, actual) in [
      ("KV-Index-Tree", trailers.indexTree, index.tree), ("KV-Ledger-Tree", said.ledgerTree, commit.tree),
    ] { try place.expect(.index, value == actual, "\(name) is \(value), but the tree is \(actual)") }
  }

  func chunks(_ commit: Commit, _ trailers: LedgerTrailers, after last: ObjectID?) throws(AuditStop) {
    var place = place
    place.commit = commit.id
    let said = try place.check(.chunks) { () throws(Rejection) in try ChunksTrailers(commit) }
    try follows(commit, last, .chunks)
    try place.expect(
      .chunks, said.namespace == namespace && said.transaction == trailers.transaction,
      "chunks commit \(commit.id) belongs to another transaction than \(trailers.transaction)")
    try place.expect(
      .chunks, commit.tree == trailers.chunksTree,
      "KV-Chunks-Tree is \(trailers.chunksTree?.hex ?? "-"), but the tree is \(commit.tree)")
  }

  private func follows(_ commit: Commit, _ last: ObjectID?, _ link: BrokenLink.Link) throws(AuditStop) {
    var place = place
    place.commit = commit.id
    try place.expect(
      link, commit.parents == (last.map { [$0] } ?? []),
      last.map { "commit \(commit.id) does not follow \($0) alone" }
        ?? "commit \(commit.id) is the first of its epoch, so it may have no parent")
  }
}
