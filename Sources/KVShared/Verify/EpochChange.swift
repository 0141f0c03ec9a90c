/// The one exception to fast-forward (V2): a change of epoch, proved whole (DESIGN §9).
///
/// Ledger, index and chunks begin anew with commits that have no parent, and nothing is lost by it: the sealed head
/// becomes the archive in the same push, the ledger's tree stays the same, and index and chunks are what `EpochContent`
/// computes from the sealed ones.
struct EpochChange {
  let namespace: Namespace
  let reader: ObjectReader

  /// The refs that move, all in one push.
  struct Refs {
    let ledger: (old: ObjectID, new: ObjectID)
    let index: (old: ObjectID, new: ObjectID)
    let epoch: (old: ObjectID, new: ObjectID)
    let chunks: ObjectID?
    /// What the archive is of, and what it is to hold.
    let archive: (label: EpochLabel, head: ObjectID)

    /// Throws `.attestation` for a half, `.policy` for an archive that is there already.
    init(_ move: PushPlan.Move, _ namespace: Namespace) throws(Rejection) {
      func both(_ update: RefUpdate?, _ what: String) throws(Rejection) -> (old: ObjectID, new: ObjectID) {
        guard let old = update?.old.id, let new = update?.new.id else {
          throw .attestation(
            "the push seals an epoch of \(namespace.name.quoted), but moves no \(what) from the old one to a new one",
            hint: "'git kv epoch new' moves archive, ledger, index, chunks and epoch together")
        }
        return (old, new)
      }
      ledger = try both(move.ledger, "ledger")
      index = try both(move.index, "index")
      epoch = try both(move.epoch, "epoch ref")
      guard let archive = move.archive, let head = archive.new.id, case .kv(.archive(_, let label)) = archive.ref
      else { throw .attestation("the push seals no epoch of \(namespace.name.quoted)") }
      guard archive.old == .absent else { throw PushPlan.sealed(archive.ref) }
      self.archive = (label, head)
      guard move.chunks?.old ?? .absent == .absent else {
        throw .policy(
          "\(move.chunks?.ref.description.quoted ?? "") is there already, and a new epoch begins its own",
          hint: "choose another label")
      }
      chunks = move.chunks?.new.id
    }
  }

  /// The commits that the new epoch begins with, and its link in the epoch chain.
  struct Commits {
    let ledger: Commit
    let index: Commit
    let chunks: Commit?
    let epoch: Commit
  }

  /// Reads the commits. Throws `.attestation` for one that is missing, or has a parent where it may have none.
  func commits(_ refs: Refs) throws(Rejection) -> Commits {
    Commits(
      ledger: try root(refs.ledger.new), index: try root(refs.index.new),
      chunks: try refs.chunks.map { (id) throws(Rejection) in try root(id) }, epoch: try reader.commit(refs.epoch.new))
  }

  /// Throws `.attestation` for what does not follow from the sealed epoch, `.policy` for a label that was there before.
  /// - Parameter sealedChunks: what the chunks ref of the sealed epoch holds; nil where there is none.
  func prove(
    _ refs: Refs, _ commits: Commits, sealedChunks: ObjectID?
  ) throws(Rejection) -> TransactionCandidate {
    let sealed = try TransactionBase(
      ledger: try reader.commit(refs.ledger.old), index: try reader.commit(refs.index.old))
    let before = sealed.trailers.epoch
    guard refs.archive.label == before, refs.archive.head == sealed.ledger.id else {
      throw .attestation(
        "the archive is of epoch \(refs.archive.label.name.quoted) at \(refs.archive.head), but what ends is "
          + "\(before.name.quoted) at \(sealed.ledger.id)")
    }
    let (ledger, index, chunks) = (commits.ledger, commits.index, commits.chunks)
    let trailers = try LedgerTrailers(ledger)
    try checkLedger(trailers, ledger, sealed)
    try checkLabel(trailers.epoch, since: refs.epoch.old)
    try checkIndex(try IndexTrailers(index), index, trailers, sealed)
    let naming = NamingSink(reader.format)
    let content = try EpochContent(
      of: sealed.index.tree, namespace: namespace, reader: reader, sink: naming, chunks: naming)
    guard index.tree == content.indexTree else {
      throw .attestation("the index of epoch \(trailers.epoch.name.quoted) is not the sealed one less its tombstones")
    }
    try checkChunks(chunks, trailers, content)
    let record = EpochRecord(
      label: trailers.epoch, root: .init(ledger: ledger.id, index: index.id, chunks: chunks?.id), parent: before,
      sealed: .init(ledger: sealed.ledger.id, index: sealed.index.id, chunks: sealedChunks))
    try checkEpoch(commits.epoch, trailers, after: refs.epoch.old, record)
    return TransactionCandidate(
      ledger: ledger, index: index, trailers: trailers, baseLedgerTree: sealed.ledger.tree,
      baseIndexTree: sealed.index.tree)
  }

  private func root(_ id: ObjectID) throws(Rejection) -> Commit {
    let commit = try reader.commit(id)
    guard commit.parents.isEmpty else {
      throw .attestation("commit \(id) begins a new epoch, so it may have no parent")
    }
    return commit
  }

  private func checkLedger(
    _ trailers: LedgerTrailers, _ root: Commit, _ sealed: TransactionBase
  ) throws(Rejection) {
    guard trailers.namespace == namespace else {
      throw .attestation("KV-NS of commit \(root.id) is not \(namespace.name.quoted)")
    }
    let parent = ParentEpoch(label: sealed.trailers.epoch, ledger: sealed.ledger.id)
    guard trailers.parent == parent else {
      throw .attestation("commit \(root.id) does not follow epoch \(parent.label.name.quoted) at \(parent.ledger)")
    }
    guard trailers.transaction != sealed.trailers.transaction else {
      throw .attestation("KV-Txn \(trailers.transaction) appears twice")
    }
    guard root.tree == sealed.ledger.tree, trailers.baseTree == root.tree else {
      throw .attestation(
        "the tree of a new epoch is that of the sealed head, \(sealed.ledger.tree), but the tree is \(root.tree)")
    }
    guard trailers.keysSet == 0, trailers.keysDeleted == 0 else {
      throw .attestation("a change of epoch changes no key, but Keys-Set and Keys-Del say so")
    }
  }

  /// A label that was there before would make two epochs share their archive.
  private func checkLabel(_ label: EpochLabel, since tip: ObjectID) throws(Rejection) {
    for link in try reader.epochChain(tip) where try EpochTrailers(link).epoch == label {
      throw .policy("there has been an epoch \(label.name.quoted) already", hint: "choose another label")
    }
  }

  private func checkIndex(
    _ said: IndexTrailers, _ index: Commit, _ trailers: LedgerTrailers, _ sealed: TransactionBase
  ) throws(Rejection) {
    guard said.namespace == namespace, said.transaction == trailers.transaction else {
      throw .attestation("index commit \(index.id) belongs to another transaction than \(trailers.transaction)")
    }
    guard said.ledgerTree == sealed.ledger.tree, trailers.indexTree == index.tree else {
      throw .attestation("ledger and index of \(trailers.transaction) name other trees than each other's")
    }
    guard said.parent == sealed.index.id else {
      throw .attestation("Parent-Epoch-Index of commit \(index.id) is not \(sealed.index.id)")
    }
  }

  private func checkChunks(
    _ chunks: Commit?, _ trailers: LedgerTrailers, _ content: EpochContent
  ) throws(Rejection) {
    guard trailers.chunksTree == content.chunksTree, chunks?.tree == content.chunksTree else {
      throw .attestation(
        "the chunks of epoch \(trailers.epoch.name.quoted) are not those that its values need: the tree is "
          + "\((chunks?.tree ?? trailers.chunksTree)?.hex ?? "-"), and should be \(content.chunksTree?.hex ?? "-")")
    }
    guard let chunks else { return }
    let said = try ChunksTrailers(chunks)
    guard said.namespace == namespace, said.transaction == trailers.transaction else {
      throw .attestation("chunks commit \(chunks.id) belongs to another transaction than \(trailers.transaction)")
    }
  }

  private func checkEpoch(
    _ epoch: Commit, _ trailers: LedgerTrailers, after tip: ObjectID, _ record: EpochRecord
  ) throws(Rejection) {
    guard epoch.parents == [tip] else {
      throw .attestation("epoch commit \(epoch.id) does not follow \(tip), the one before it")
    }
    let said = try EpochTrailers(epoch)
    guard said.namespace == namespace, said.transaction == trailers.transaction, said.epoch == trailers.epoch else {
      throw .attestation("epoch commit \(epoch.id) belongs to another transaction")
    }
    guard epoch.tree == (try record.store(in: NamingSink(reader.format))) else {
      throw .attestation("the tree of epoch commit \(epoch.id) is not the one epoch.json that its commits demand")
    }
  }
}
