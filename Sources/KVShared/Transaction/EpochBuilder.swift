/// The commits of a change of epoch, stored and not pushed yet.
public struct BuiltEpoch: Sendable {
  public let id: TransactionID
  public let label: EpochLabel
  /// The first commits of the new epoch.
  public let ledger: ObjectID
  public let index: ObjectID
  public let chunks: ObjectID?
  public let epochCommit: ObjectID
  public let tree: ObjectID
  /// How many keys go on, and how many tombstones do not.
  public let keys: Int
  public let tombstones: Int
}

/// Builds a new epoch on the last commits of the one that it seals.
public struct EpochBuilder {
  private let maker: TransactionBuilder

  /// - Parameter maker: knows the namespace, where objects are kept, and who signs.
  public init(_ maker: TransactionBuilder) { self.maker = maker }

  /// Stores trees and commits.
  /// - Parameters:
  ///   - sealed: the last transaction.
  ///   - epochTip: the tip of the epoch chain.
  ///   - chunks: the chunks of the sealed epoch, and where the new ones' trees are kept.
  ///   - signs: whether ledger and epoch commit are signed, which a Stargate demands whatever its policy says of
  ///     transactions.
  ///   - text: subject and body of the ledger commit; nil writes a subject of our own.
  public func build(
    _ label: EpochLabel, sealing sealed: TransactionBase, epochTip: ObjectID, chunks: ChunksBase, id: TransactionID,
    signs: Bool, text: String?, extra: [Trailer]
  ) throws(Rejection) -> BuiltEpoch {
    let (namespace, old) = (maker.namespace, sealed.trailers.epoch)
    let content = try EpochContent(
      of: sealed.index.tree, namespace: namespace, reader: maker.reader, sink: maker.sink, chunks: chunks.sink)
    let signsAll = maker.authority.signs == .all
    let trailers = LedgerTrailers(
      namespace: namespace, transaction: id, baseTree: sealed.ledger.tree, indexTree: content.indexTree,
      chunksTree: content.chunksTree, epoch: label, keysSet: 0, keysDeleted: 0,
      parent: ParentEpoch(label: old, ledger: sealed.ledger.id), extra: extra)
    let ledger = try maker.commit(
      sealed.ledger.tree, parent: nil, trailers.message(text ?? "kv: epoch \(label) of \(namespace)"), sign: signs)
    let said = IndexTrailers(
      namespace: namespace, transaction: id, ledgerTree: sealed.ledger.tree, parent: sealed.index.id)
    let index = try maker.commit(content.indexTree, parent: nil, said.message("kv: index of \(id)"), sign: signsAll)
    let chunksRoot = try content.chunksTree.map { (tree) throws(Rejection) in
      try maker.commit(
        tree, parent: nil,
        ChunksTrailers(namespace: namespace, transaction: id).message("kv: chunks of epoch \(label)"), sign: signsAll,
        into: chunks.sink)
    }
    let record = EpochRecord(
      label: label, root: .init(ledger: ledger, index: index, chunks: chunksRoot), parent: old,
      sealed: .init(ledger: sealed.ledger.id, index: sealed.index.id, chunks: chunks.tip?.id))
    let epochCommit = try maker.commit(
      try record.store(in: maker.sink), parent: epochTip,
      EpochTrailers(namespace: namespace, transaction: id, epoch: label).message("kv: epoch \(label)"), sign: signs)
    return BuiltEpoch(
      id: id, label: label, ledger: ledger, index: index, chunks: chunksRoot, epochCommit: epochCommit,
      tree: sealed.ledger.tree, keys: content.keys, tombstones: content.tombstones)
  }
}
