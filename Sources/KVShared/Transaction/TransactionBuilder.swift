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

/// The chunks a transaction builds on, and where chunks are kept.
public struct ChunksBase {
  /// The tip of the epoch's chunks ref; nil where there is none.
  public let tip: Commit?
  public let reader: ObjectReader
  let sink: any ObjectSink

  public init(tip: Commit?, reader: ObjectReader, sink: any ObjectSink) {
    self.tip = tip
    self.reader = reader
    self.sink = sink
  }
}

/// A transaction whose objects are stored and whose refs have not moved yet.
public struct BuiltTransaction: Sendable {
  public let id: TransactionID
  public let epoch: EpochLabel
  public let ledger: ObjectID
  public let ledgerTree: ObjectID
  public let index: ObjectID
  /// The chunks commit; only a transaction that brings chunks makes one.
  public let chunks: ObjectID?
  /// The chunks, by their blobs, that the epoch did not have.
  public let addedChunks: [ObjectID]
  /// The epoch commit; only the first transaction of a namespace makes one.
  public let epochCommit: ObjectID?
  public let keysSet: Int
  public let keysDeleted: Int
  /// How many transactions in a row it stands for.
  public private(set) var transactions = 1

  /// A row of transactions as one: where the refs have to go, and the sum of what it does.
  public func followed(by next: BuiltTransaction) -> BuiltTransaction {
    var row = BuiltTransaction(
      id: next.id, epoch: next.epoch, ledger: next.ledger, ledgerTree: next.ledgerTree, index: next.index,
      chunks: next.chunks ?? chunks, addedChunks: addedChunks + next.addedChunks,
      epochCommit: epochCommit ?? next.epochCommit, keysSet: keysSet + next.keysSet,
      keysDeleted: keysDeleted + next.keysDeleted)
    row.transactions = transactions + next.transactions
    return row
  }
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
  ///   - chunks: asked for where an edit has chunks.
  ///   - text: subject and body of the ledger commit; nil writes a subject of our own.
  public func build(
    _ edits: some KeyEdits, on base: TransactionBase?, chunks: () throws(Rejection) -> ChunksBase,
    firstEpoch: EpochLabel, id: TransactionID, text: String?, extra: [Trailer]
  ) throws(Rejection) -> BuiltTransaction {
    let epoch = base?.trailers.epoch ?? firstEpoch
    let ledgerEdit = LedgerTreeEdit(of: base?.ledger.tree, namespace: namespace, reader: reader, sink: sink)
    var (count, deleted) = (0, 0)
    var named = NamedChunks()
    try edits.slices(.shard) { (slice) throws(Rejection) in
      try ledgerEdit.apply(slice.mapValues(\.slot))
      count += slice.count
      for edit in slice.values {
        if edit.slot == nil { deleted += 1 }
        try named.add(edit.chunks)
      }
    }
    let ledgerTree = try ledgerEdit.finish()
    var indexRoot = base?.index.tree
    try edits.slices(.key) { (slice) throws(Rejection) in
      indexRoot = try IndexTree.apply(
        try pointers(slice), to: indexRoot, namespace: namespace, reader: reader, sink: sink)
    }
    let indexTree = try sink.store(root: indexRoot)
    let signs = authority.signs
    var bringsChunks: (id: ObjectID, tree: ObjectID, added: [ObjectID])?
    if !named.chunks.isEmpty {
      bringsChunks = try chunksCommit(named.chunks, on: try chunks(), id: id, sign: signs == .all)
    }
    let trailers = LedgerTrailers(
      namespace: namespace, transaction: id, baseTree: base?.ledger.tree ?? sink.format.emptyTree,
      indexTree: indexTree, chunksTree: bringsChunks?.tree, epoch: epoch, keysSet: count - deleted,
      keysDeleted: deleted, extra: extra)
    let subject = "kv: set \(count - deleted), delete \(deleted) in \(namespace)"
    let ledger = try commit(
      ledgerTree, parent: base?.ledger.id, trailers.message(text ?? subject), sign: signs != .none)
    let index = try commit(
      indexTree, parent: base?.index.id,
      IndexTrailers(namespace: namespace, transaction: id, ledgerTree: ledgerTree).message("kv: index of \(id)"),
      sign: signs == .all)
    let epochCommit =
      base == nil ? try firstEpochCommit(epoch, ledger: ledger, index: index, id: id, sign: signs != .none) : nil
    return BuiltTransaction(
      id: id, epoch: epoch, ledger: ledger, ledgerTree: ledgerTree, index: index, chunks: bringsChunks?.id,
      addedChunks: bringsChunks?.added ?? [], epochCommit: epochCommit, keysSet: count - deleted,
      keysDeleted: deleted)
  }

  private func pointers(_ edits: [Key: KeyEdit]) throws(Rejection) -> [Key: ObjectID] {
    var pointers: [Key: ObjectID] = [:]
    pointers.reserveCapacity(edits.count)
    for (key, edit) in edits {
      switch edit {
      case .set(_, let pointer, _): pointers[key] = try sink.store(.blob, CanonicalJSON.encode(pointer))
      case .put(_, let pointer, _): pointers[key] = pointer
      case .delete: pointers[key] = try sink.store(.blob, CanonicalJSON.encode(Pointer(tombstone: key)))
      }
    }
    return pointers
  }

  /// The chunks that a transaction's values are made of.
  private struct NamedChunks {
    private(set) var chunks: [ChunkDigest: ObjectID] = [:]
    private var count = 0

    mutating func add(_ more: [Manifest.Chunk]) throws(Rejection) {
      count += more.count
      guard count <= Manifest.maxChunks else { throw Manifest.tooManyChunks }
      for chunk in more { chunks[chunk.digest] = chunk.blob }
    }
  }

  /// The commit that adds the chunks the epoch does not have; nil where it has them all.
  private func chunksCommit(
    _ chunks: [ChunkDigest: ObjectID], on base: ChunksBase, id: TransactionID, sign: Bool
  ) throws(Rejection) -> (id: ObjectID, tree: ObjectID, added: [ObjectID])? {
    let there = try ChunksTree.lookup(chunks.keys, in: base.tip?.tree, namespace: namespace, reader: base.reader)
    let added = chunks.filter { there[$0.key] == nil }
    guard !added.isEmpty else { return nil }
    let tree = try ChunksTree.add(
      added, to: base.tip?.tree, namespace: namespace, reader: base.reader, sink: base.sink)
    let message = ChunksTrailers(namespace: namespace, transaction: id).message("kv: chunks added: \(added.count)")
    return (try commit(tree, parent: base.tip?.id, message, sign: sign, into: base.sink), tree, Array(added.values))
  }

  private func firstEpochCommit(
    _ epoch: EpochLabel, ledger: ObjectID, index: ObjectID, id: TransactionID, sign: Bool
  ) throws(Rejection) -> ObjectID {
    let tree = try EpochRecord(label: epoch, ledger: ledger, index: index).store(in: sink)
    let message = EpochTrailers(namespace: namespace, transaction: id, epoch: epoch).message("kv: epoch \(epoch)")
    return try commit(tree, parent: nil, message, sign: sign)
  }

  func commit(
    _ tree: ObjectID, parent: ObjectID?, _ message: String, sign: Bool, into other: (any ObjectSink)? = nil
  ) throws(Rejection) -> ObjectID {
    let sink = other ?? sink
    let payload = Commit.payload(
      tree: tree, parent: parent, author: authority.author, committer: authority.committer, message: message)
    guard sign else { return try sink.store(.commit, payload) }
    return try sink.store(
      .commit, Commit.signed(payload, signature: try authority.signature(of: payload), sink.format))
  }
}
