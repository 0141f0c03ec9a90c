import KVShared

/// Builds what a draft wants on some tips: one transaction, or a row of them, each on the one before. No ref moves.
///
/// A row that has lost a race is built again with the ids it had: a Stargate that has kept it a place knows it by them.
final class RowBuilder {
  private let session: WriteSession
  private var ids: [TransactionID] = []

  init(session: WriteSession) { self.session = session }

  /// Returns nil where all is so already.
  /// Throws what the draft expects and does not find, and `.attestation` for a row that ends with another ledger tree than its snapshot.
  func build(_ draft: Draft, on tips: Tips) throws(Rejection) -> BuiltTransaction? {
    guard let snapshot = draft.snapshot else {
      let edits = try session.effective(draft, on: tips.base)
      let begins = tips.base == nil && draft.edits.isEmpty && draft.derive == nil
      guard !edits.isEmpty || begins else { return nil }
      return try build(edits, draft, on: tips, at: 0).built
    }
    var row: BuiltTransaction?
    var at = tips
    try snapshot.parts(on: tips.base, session) { (edits) throws(Rejection) in
      guard !edits.isEmpty || at.base == nil else { return }
      let (built, next) = try build(edits, draft, on: at, at: row?.transactions ?? 0)
      row = row?.followed(by: built) ?? built
      at = next
    }
    if let tree = snapshot.tree, let built = row, snapshot.replaces || tips.base == nil, built.ledgerTree != tree {
      throw .attestation(
        "the snapshot makes the ledger tree \(built.ledgerTree), but says it is of \(tree)", hint: SnapshotFault.hint)
    }
    return row
  }

  private func build(
    _ edits: any KeyEdits, _ draft: Draft, on tips: Tips, at number: Int
  ) throws(Rejection) -> (built: BuiltTransaction, next: Tips) {
    if number == ids.count { ids.append(.fresh()) }
    let reader = session.clone.reader
    let builder = TransactionBuilder(
      namespace: session.namespace, reader: reader, sink: session.store, authority: session.signer)
    var found: Commit?
    let built = try builder.build(
      edits, on: tips.base,
      chunks: { () throws(Rejection) in
        let base = try session.pending.base(for: tips)
        found = base.tip
        return base
      }, firstEpoch: session.firstEpoch, id: ids[number], text: draft.text, extra: draft.extra)
    try session.store.flush()
    try session.chunks.flush()
    try session.pending.bring(built.addedChunks)
    guard draft.snapshot != nil else { return (built, tips) }
    reader.forgetTrees()
    let base = try TransactionBase(ledger: try reader.commit(built.ledger), index: try reader.commit(built.index))
    let chunks = try built.chunks.map { (id) throws(Rejection) in try session.chunks.reader().commit(id) } ?? found
    let replayed = chunks.map { Tips.ReplayedChunks(tip: $0) } ?? tips.replayedChunks
    return (built, Tips(base: base, epoch: built.epochCommit ?? tips.epoch, replayedChunks: replayed))
  }
}
