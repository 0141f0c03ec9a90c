/// V6 to V8 for one transaction of the past, by the parts that proved it when it came.
///
/// What the policy allows (V9) is not asked: it may have been another one then. The first transaction of an epoch is
/// measured against nothing, so that its index is computed whole.
struct TransactionAudit {
  let namespace: Namespace
  let rules: AuditRules
  let reader: ObjectReader
  let planted: PlantedTrees

  /// Returns what the transaction changed. Moves `indexTree`, `chunksTree` and the counts.
  func prove(
    _ commit: Commit, _ trailers: LedgerTrailers, after last: Commit?, _ place: AuditPlace,
    _ progress: inout AuditProgress
  ) throws(AuditStop) -> [KeyChange] {
    let changes = try place.check(.ledger) { () throws(Rejection) in
      try LedgerDiff(reader: reader, namespace: namespace).changes(from: last?.tree, to: commit.tree)
    }
    // An epoch that follows another begins with every key, and changes none.
    let isChange = trailers.parent != nil
    let set = changes.count { $0.after != nil }
    if !isChange {
      for (name, said, found) in [
        ("Keys-Set", trailers.keysSet, set), ("Keys-Del", trailers.keysDeleted, changes.count - set),
      ] { try place.expect(.ledger, said == found, "\(name) is \(said), but \(found) keys changed so") }
    }
    let demand = try place.check(.ledger) { () throws(Rejection) in
      var derivation = PointerDerivation(policy: KeyPolicy(.permissive), isDeep: rules.isDeep, reader: reader)
      if isChange { derivation.maxChunks = .max }
      return try derivation.demand(of: changes)
    }
    var elsewhere = 0
    let chunksTree = progress.chunksTree.flatMap { ObjectID($0) }
    try place.check(.chunks) { () throws(Rejection) in
      var proof = ChunksProof(namespace: namespace, reader: reader, sink: planted)
      if rules.mayLackChunks { proof.passOver = { _ in elsewhere += 1 } }
      try proof.prove(demand.manifests, from: chunksTree, to: trailers.chunksTree, isDeep: rules.isDeep)
    }
    try index(demand.pointers, trailers, place, &progress)
    progress.chunksTree = trailers.chunksTree?.hex ?? progress.chunksTree
    progress.chunks += demand.manifests.values.reduce(0) { $0 + $1.chunks.count }
    progress.chunksElsewhere += elsewhere
    progress.bytes += demand.pointers.values.reduce(0) { $0 + $1.size }
    guard !isChange else { return [] }
    progress.keysSet += set
    progress.keysDeleted += changes.count - set
    return changes
  }

  private func index(
    _ pointers: [Key: Pointer], _ trailers: LedgerTrailers, _ place: AuditPlace, _ progress: inout AuditProgress
  ) throws(AuditStop) {
    let blobs = pointers.mapValues { ObjectHasher(reader.format).id(.blob, CanonicalJSON.encode($0)) }
    let before = progress.indexTree.flatMap { ObjectID($0) }
    let expected = try place.check(.index) { () throws(Rejection) in
      try IndexTree.apply(blobs, to: before, namespace: namespace, reader: reader, sink: planted)
    }
    progress.indexTree = expected.hex
    guard expected != trailers.indexTree else { return }
    try place.check(.index) { () throws(Rejection) in
      // The index of a sealed epoch is not kept.
      if try reader.read([.info(trailers.indexTree.hex)])[0] != nil {
        let mismatch = IndexMismatch(reader: reader, namespace: namespace, tree: trailers.indexTree)
        for (key, blob) in blobs { try mismatch.check(key, blob, pointers[key]) }
      }
      throw .attestation("KV-Index-Tree is \(trailers.indexTree), but the ledger demands \(expected)")
    }
  }
}
