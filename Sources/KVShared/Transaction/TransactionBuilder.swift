/// What a transaction does to one key.
public enum KeyEdit: Sendable {
  /// Puts a value whose blobs are stored already.
  case set(LedgerTree.Slot, Pointer)
  case delete

  var slot: LedgerTree.Slot? {
    if case .set(let slot, _) = self { slot } else { nil }
  }
}

/// The commits a transaction builds on.
public struct TransactionBase: Sendable {
  public let ledger: Commit
  public let index: Commit
  public let trailers: LedgerTrailers

  /// Throws `.attestation` unless the two commits belong to one transaction.
  public init(ledger: Commit, index: Commit) throws(Rejection) {
    trailers = try LedgerTrailers(ledger)
    guard trailers.indexTree == index.tree, try IndexTrailers(index).transaction == trailers.transaction else {
      throw .attestation("ledger \(ledger.id) and index \(index.id) do not belong to one transaction")
    }
    self.ledger = ledger
    self.index = index
  }
}

/// A transaction whose objects are stored and whose refs have not moved yet.
public struct BuiltTransaction: Sendable {
  public let id: TransactionID
  public let epoch: EpochLabel
  public let ledger: ObjectID
  public let ledgerTree: ObjectID
  public let index: ObjectID
  /// The epoch commit; only the first transaction of a namespace makes one.
  public let epochCommit: ObjectID?
  public let keysSet: Int
  public let keysDeleted: Int
}

/// Who writes, and how commits are signed.
public protocol CommitAuthority {
  /// `name <email> seconds zone`.
  var author: String { get }
  var committer: String { get }
  var signs: NamespacePolicy.SignedCommits { get }
  /// Returns the armored signature of a commit's bytes.
  func signature(of payload: [UInt8]) throws(Rejection) -> [UInt8]
}

/// Builds the commits of a transaction on a base.
public struct TransactionBuilder {
  public let namespace: Namespace
  let reader: ObjectReader
  let sink: any ObjectSink
  let authority: any CommitAuthority

  public init(namespace: Namespace, reader: ObjectReader, sink: any ObjectSink, authority: any CommitAuthority) {
    self.namespace = namespace
    self.reader = reader
    self.sink = sink
    self.authority = authority
  }

  /// Stores trees and commits.
  /// - Parameters:
  ///   - base: nil begins the namespace, with the given epoch.
  ///   - text: subject and body of the ledger commit; nil writes a subject of our own.
  public func build(
    _ edits: [Key: KeyEdit], on base: TransactionBase?, firstEpoch: EpochLabel, id: TransactionID, text: String?,
    extra: [Trailer]
  ) throws(Rejection) -> BuiltTransaction {
    let deleted = edits.values.count { $0.slot == nil }
    let epoch = base?.trailers.epoch ?? firstEpoch
    let ledgerTree = try LedgerTree.apply(
      edits.mapValues(\.slot), to: base?.ledger.tree, namespace: namespace, reader: reader, sink: sink)
    var pointers: [Key: ObjectID] = [:]
    pointers.reserveCapacity(edits.count)
    for (key, edit) in edits {
      let pointer = if case .set(_, let pointer) = edit { pointer } else { Pointer(tombstone: key) }
      pointers[key] = try sink.store(.blob, CanonicalJSON.encode(pointer))
    }
    let indexTree = try IndexTree.apply(
      pointers, to: base?.index.tree, namespace: namespace, reader: reader, sink: sink)
    let trailers = LedgerTrailers(
      namespace: namespace, transaction: id, baseTree: base?.ledger.tree ?? sink.format.emptyTree,
      indexTree: indexTree, chunksTree: nil, epoch: epoch, keysSet: edits.count - deleted, keysDeleted: deleted,
      extra: extra)
    let subject = "kv: set \(edits.count - deleted), delete \(deleted) in \(namespace)"
    let signs = authority.signs
    let ledger = try commit(
      ledgerTree, parent: base?.ledger.id, trailers.message(text ?? subject), sign: signs != .none)
    let index = try commit(
      indexTree, parent: base?.index.id,
      IndexTrailers(namespace: namespace, transaction: id, ledgerTree: ledgerTree).message("kv: index of \(id)"),
      sign: signs == .all)
    let epochCommit =
      base == nil ? try firstEpochCommit(epoch, ledger: ledger, index: index, id: id, sign: signs != .none) : nil
    return BuiltTransaction(
      id: id, epoch: epoch, ledger: ledger, ledgerTree: ledgerTree, index: index, epochCommit: epochCommit,
      keysSet: edits.count - deleted, keysDeleted: deleted)
  }

  private func firstEpochCommit(
    _ epoch: EpochLabel, ledger: ObjectID, index: ObjectID, id: TransactionID, sign: Bool
  ) throws(Rejection) -> ObjectID {
    let record = EpochRecord(label: epoch, ledger: ledger, index: index)
    let blob = try sink.store(.blob, CanonicalJSON.encode(record))
    let tree = try sink.store(
      .tree, Tree.serialize([TreeEntry(name: EpochRecord.fileName, isTree: false, id: blob)]))
    let message = EpochTrailers(namespace: namespace, transaction: id, epoch: epoch).message("kv: epoch \(epoch)")
    return try commit(tree, parent: nil, message, sign: sign)
  }

  private func commit(_ tree: ObjectID, parent: ObjectID?, _ message: String, sign: Bool) throws(Rejection) -> ObjectID
  {
    let payload = Commit.payload(
      tree: tree, parent: parent, author: authority.author, committer: authority.committer, message: message)
    guard sign else { return try sink.store(.commit, payload) }
    return try sink.store(
      .commit, Commit.signed(payload, signature: try authority.signature(of: payload), sink.format))
  }
}
