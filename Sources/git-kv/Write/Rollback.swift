import KVShared

/// The transaction that makes a store, or the keys with a prefix, what they were at some moment.
struct Rollback {
  let session: WriteSession
  let target: Moment
  /// Only keys that begin with these bytes.
  let prefix: [UInt8]
  /// Where the bytes of old chunks come from.
  let source: ChunkSource

  /// The edits on what the transaction builds on: values and metadata as they stood, and deletions of what was not there.
  func edits(on tips: Tips) throws(Rejection) -> [Key: KeyEdit] {
    guard let base = tips.base else { return [:] }
    let reader = session.clone.reader
    let changes = try comparison.changes(from: base.ledger.tree, to: target.commit.tree)
    let permissive = PointerDerivation(policy: KeyPolicy(.permissive), isDeep: false, reader: reader)
    let demand = try permissive.demand(of: changes)
    try bring(demand.manifests.values.flatMap(\.chunks), tips)
    var edits: [Key: KeyEdit] = [:]
    for change in changes {
      if let slot = change.after, let pointer = demand.pointers[change.key] {
        edits[change.key] = .set(slot, pointer, chunks: demand.manifests[change.key]?.chunks ?? [])
      } else {
        edits[change.key] = .delete
      }
    }
    return edits
  }

  var comparison: LedgerComparison {
    LedgerComparison(reader: session.clone.reader, namespace: session.namespace, prefix: prefix)
  }

  /// Subject of the ledger commit.
  var subject: String {
    let keys = prefix.isEmpty ? "" : ", keys that begin with \(prefix.quoted)"
    return "kv: rollback to \(target.commit.id.hex.prefix(12)) of \(target.instant)\(keys)"
  }

  /// Fetches the bytes of chunks that the current epoch does not have: they are pushed with the transaction.
  private func bring(_ chunks: [Manifest.Chunk], _ tips: Tips) throws(Rejection) {
    guard !chunks.isEmpty else { return }
    if let transport = session.transport, let epoch = tips.base?.trailers.epoch {
      try ChunkTransport(transport: transport, home: session.chunks).fetchTrees(.chunks(session.namespace, epoch))
    }
    let base = try session.pending.base(for: tips)
    let there = try ChunksTree.lookup(
      chunks.map(\.digest), in: base.tip?.tree, namespace: session.namespace, reader: base.reader)
    try source.bring(chunks.filter { there[$0.digest] == nil }.map(\.blob))
  }
}
