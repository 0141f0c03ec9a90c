import KVShared

/// Replays pending transactions onto what the Stargate has meanwhile: the same keys, values, ids and messages, signed anew.
struct Replay {
  let session: WriteSession

  /// Returns the new tips; no ref moves.
  /// - Parameter sealed: the head at which the epoch of what is pending was sealed meanwhile; nil where it goes on.
  /// Throws `.conflict` that names the keys where a pending transaction and the Stargate changed the same thing.
  func run(_ mine: TransactionBase, onto theirs: Tips, sealed: ObjectID?) throws(Rejection) -> Tips {
    guard let target = theirs.base else { return theirs }
    let clone = session.clone
    let range = [mine.ledger.id.hex, "^\(target.ledger.id)"] + (sealed.map { ["^\($0)"] } ?? [])
    let listing = try clone.git.run(["rev-list", "--reverse"] + range).check("git rev-list")
    var tips = Tips(base: target, epoch: theirs.epoch)
    for line in listing.text.split(separator: "\n") {
      guard let id = ObjectID(String(line)) else { throw .io("git rev-list printed \(line.utf8.quoted)") }
      tips = try replay(try clone.reader.commit(id), on: tips)
    }
    return tips
  }

  private func replay(_ commit: Commit, on tips: Tips) throws(Rejection) -> Tips {
    guard let base = tips.base else { return tips }
    let reader = session.clone.reader
    let trailers = try LedgerTrailers(commit)
    let before = try commit.parents.first.map { (id) throws(Rejection) in try reader.commit(id).tree }
    let changes = try LedgerDiff(reader: reader, namespace: session.namespace).changes(from: before, to: commit.tree)
    let here = try LedgerTree.lookup(
      changes.map(\.key), in: base.ledger.tree, namespace: session.namespace, reader: reader)
    let clashes = changes.filter { here[$0.key] != $0.before && here[$0.key] != $0.after }
    guard clashes.isEmpty else {
      let names = clashes.prefix(5).map { $0.key.description.quoted }.joined(separator: ", ")
      throw .conflict(
        "pending transaction \(trailers.transaction) and the Stargate both changed \(names); 'git kv push --discard-pending' gives it up",
        tree: base.ledger.tree.hex,
        blob: here[clashes[0].key]?.data.hex)
    }
    let wanted = changes.filter { here[$0.key] != $0.after }
    guard !wanted.isEmpty else { return tips }
    let permissive = PointerDerivation(policy: KeyPolicy(.permissive), isDeep: false, reader: reader)
    let demand = try permissive.demand(of: wanted)
    var edits: [Key: KeyEdit] = [:]
    for change in wanted {
      if let slot = change.after, let pointer = demand.pointers[change.key] {
        edits[change.key] = .set(slot, pointer, chunks: demand.manifests[change.key]?.chunks ?? [])
      } else {
        edits[change.key] = .delete
      }
    }
    let builder = TransactionBuilder(
      namespace: session.namespace, reader: reader, sink: session.store, authority: session.signer)
    var chunks: Commit?
    let built = try builder.build(
      edits, on: base,
      chunks: { () throws(Rejection) in
        let base = try PendingChunks(session: session).base(for: tips)
        chunks = base.tip
        return base
      }, firstEpoch: base.trailers.epoch, id: trailers.transaction,
      text: TrailerBlock(message: commit.message)?.text, extra: trailers.extra)
    try session.store.flush()
    try session.chunks.flush()
    try session.pending.bring(built.addedChunks)
    let next = try TransactionBase(ledger: try reader.commit(built.ledger), index: try reader.commit(built.index))
    let tip = try built.chunks.map { (id) throws(Rejection) in try session.chunks.reader().commit(id) } ?? chunks
    let replayed = tip.map { Tips.ReplayedChunks(tip: $0) } ?? tips.replayedChunks
    return Tips(base: next, epoch: tips.epoch, replayedChunks: replayed)
  }
}
