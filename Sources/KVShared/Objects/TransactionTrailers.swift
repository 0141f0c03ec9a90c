/// The epoch that a later one follows, as the first ledger commit of the later one names it.
public struct ParentEpoch: Equatable, Sendable {
  public let label: EpochLabel
  /// The sealed head: the last ledger commit of that epoch.
  public let ledger: ObjectID

  public init(label: EpochLabel, ledger: ObjectID) {
    self.label = label
    self.ledger = ledger
  }
}

/// What the ledger commit of a transaction says of it.
public struct LedgerTrailers: Equatable, Sendable {
  public var namespace: Namespace
  public var transaction: TransactionID
  public var baseTree: ObjectID
  public var indexTree: ObjectID
  /// The chunks tree; nil is written `-`.
  public var chunksTree: ObjectID?
  public var epoch: EpochLabel
  public var keysSet: Int
  public var keysDeleted: Int
  /// Only the first commit of an epoch that follows another has it.
  public var parent: ParentEpoch?
  public var extra: [Trailer]

  /// The extra trailer of a compare-and-swap: the ledger tree it was decided on. Such a transaction is never built anew.
  public static let expectTree = "Expect-Tree"

  /// Whether the client builds the transaction anew after a lost race.
  var comesBack: Bool { !extra.contains { $0.name == Self.expectTree } }

  static let names = [
    "KV-NS", "KV-Txn", "Base-Tree", "KV-Index-Tree", "KV-Chunks-Tree", "Epoch", "Keys-Set", "Keys-Del",
  ]
  static let parentNames = ["Parent-Epoch", "Parent-Epoch-Ledger"]

  public init(
    namespace: Namespace, transaction: TransactionID, baseTree: ObjectID, indexTree: ObjectID, chunksTree: ObjectID?,
    epoch: EpochLabel, keysSet: Int, keysDeleted: Int, parent: ParentEpoch? = nil, extra: [Trailer]
  ) {
    self.namespace = namespace
    self.transaction = transaction
    self.baseTree = baseTree
    self.indexTree = indexTree
    self.chunksTree = chunksTree
    self.epoch = epoch
    self.keysSet = keysSet
    self.keysDeleted = keysDeleted
    self.parent = parent
    self.extra = extra
  }

  /// Throws `.attestation` that names the commit and what is wrong.
  public init(_ commit: Commit) throws(Rejection) {
    let (v, extra) = try commit.trailers(Self.names, optional: Self.parentNames)
    guard let ns = Namespace(v[0]) else { throw commit.malformed("KV-NS", v[0]) }
    guard let txn = TransactionID(v[1]) else { throw commit.malformed("KV-Txn", v[1]) }
    guard let base = ObjectID(v[2]), base.format == commit.id.format else { throw commit.malformed("Base-Tree", v[2]) }
    guard let index = ObjectID(v[3]), index.format == commit.id.format else {
      throw commit.malformed("KV-Index-Tree", v[3])
    }
    let chunks = ObjectID(v[4])
    guard v[4] == "-" || chunks?.format == commit.id.format else { throw commit.malformed("KV-Chunks-Tree", v[4]) }
    guard let epoch = EpochLabel(v[5]) else { throw commit.malformed("Epoch", v[5]) }
    guard let set = Int(v[6]), String(set) == v[6], set >= 0 else { throw commit.malformed("Keys-Set", v[6]) }
    guard let del = Int(v[7]), String(del) == v[7], del >= 0 else { throw commit.malformed("Keys-Del", v[7]) }
    var parent: ParentEpoch?
    if v.count > Self.names.count {
      guard let label = EpochLabel(v[8]) else { throw commit.malformed("Parent-Epoch", v[8]) }
      guard let head = ObjectID(v[9]), head.format == commit.id.format else {
        throw commit.malformed("Parent-Epoch-Ledger", v[9])
      }
      guard commit.parents.isEmpty else {
        throw .attestation("commit \(commit.id) names a parent epoch, but is not the first of its own")
      }
      parent = ParentEpoch(label: label, ledger: head)
    }
    self.init(
      namespace: ns, transaction: txn, baseTree: base, indexTree: index, chunksTree: chunks, epoch: epoch,
      keysSet: set, keysDeleted: del, parent: parent, extra: extra)
  }

  /// Writes the message with the given subject and body.
  public func message(_ text: String) -> String {
    let values = [
      namespace.name, transaction.text, baseTree.hex, indexTree.hex, chunksTree?.hex ?? "-", epoch.name,
      String(keysSet), String(keysDeleted),
    ]
    let before = parent.map { [$0.label.name, $0.ledger.hex] } ?? []
    let ours = zip(Self.names + Self.parentNames, values + before).map { Trailer(name: $0, value: $1) }
    return TrailerBlock(text: text, trailers: ours + extra).message
  }
}

/// What the index commit of a transaction says of it.
public struct IndexTrailers: Equatable, Sendable {
  public let namespace: Namespace
  public let transaction: TransactionID
  public let ledgerTree: ObjectID
  /// The last index commit of the epoch before; only the first commit of an epoch that follows another has it.
  public let parent: ObjectID?

  static let names = ["KV-NS", "KV-Txn", "KV-Ledger-Tree"]
  static let parentNames = ["Parent-Epoch-Index"]

  public init(namespace: Namespace, transaction: TransactionID, ledgerTree: ObjectID, parent: ObjectID? = nil) {
    self.namespace = namespace
    self.transaction = transaction
    self.ledgerTree = ledgerTree
    self.parent = parent
  }

  /// Throws `.attestation` that names the commit and what is wrong.
  public init(_ commit: Commit) throws(Rejection) {
    let (v, _) = try commit.trailers(Self.names, optional: Self.parentNames)
    guard let ns = Namespace(v[0]) else { throw commit.malformed("KV-NS", v[0]) }
    guard let txn = TransactionID(v[1]) else { throw commit.malformed("KV-Txn", v[1]) }
    guard let tree = ObjectID(v[2]), tree.format == commit.id.format else {
      throw commit.malformed("KV-Ledger-Tree", v[2])
    }
    var parent: ObjectID?
    if v.count > Self.names.count {
      guard let id = ObjectID(v[3]), id.format == commit.id.format, commit.parents.isEmpty else {
        throw commit.malformed("Parent-Epoch-Index", v[3])
      }
      parent = id
    }
    self.init(namespace: ns, transaction: txn, ledgerTree: tree, parent: parent)
  }

  public func message(_ text: String) -> String {
    let values = [namespace.name, transaction.text, ledgerTree.hex] + (parent.map { [$0.hex] } ?? [])
    let names = Self.names + Self.parentNames
    return TrailerBlock(text: text, trailers: zip(names, values).map { Trailer(name: $0, value: $1) }).message
  }
}

/// What the chunks commit of a transaction says of it.
public struct ChunksTrailers: Equatable, Sendable {
  public let namespace: Namespace
  public let transaction: TransactionID

  static let names = ["KV-NS", "KV-Txn"]

  public init(namespace: Namespace, transaction: TransactionID) {
    self.namespace = namespace
    self.transaction = transaction
  }

  /// Throws `.attestation` that names the commit and what is wrong.
  public init(_ commit: Commit) throws(Rejection) {
    let (v, _) = try commit.trailers(Self.names)
    guard let ns = Namespace(v[0]) else { throw commit.malformed("KV-NS", v[0]) }
    guard let txn = TransactionID(v[1]) else { throw commit.malformed("KV-Txn", v[1]) }
    self.init(namespace: ns, transaction: txn)
  }

  public func message(_ text: String) -> String {
    let values = [namespace.name, transaction.text]
    return TrailerBlock(text: text, trailers: zip(Self.names, values).map { Trailer(name: $0, value: $1) }).message
  }
}

/// What a commit of the epoch chain says of it.
public struct EpochTrailers: Equatable, Sendable {
  public let namespace: Namespace
  public let transaction: TransactionID
  public let epoch: EpochLabel

  static let names = ["KV-NS", "KV-Txn", "Epoch"]

  public init(namespace: Namespace, transaction: TransactionID, epoch: EpochLabel) {
    self.namespace = namespace
    self.transaction = transaction
    self.epoch = epoch
  }

  /// Throws `.attestation` that names the commit and what is wrong.
  public init(_ commit: Commit) throws(Rejection) {
    let (v, _) = try commit.trailers(Self.names)
    guard let ns = Namespace(v[0]) else { throw commit.malformed("KV-NS", v[0]) }
    guard let txn = TransactionID(v[1]) else { throw commit.malformed("KV-Txn", v[1]) }
    guard let epoch = EpochLabel(v[2]) else { throw commit.malformed("Epoch", v[2]) }
    self.init(namespace: ns, transaction: txn, epoch: epoch)
  }

  public func message(_ text: String) -> String {
    let values = [namespace.name, transaction.text, epoch.name]
    return TrailerBlock(text: text, trailers: zip(Self.names, values).map { Trailer(name: $0, value: $1) }).message
  }
}

/// What a commit of the watchlog says of the transaction it tells of.
public struct WatchTrailers: Equatable, Sendable {
  public let namespace: Namespace
  public let transaction: TransactionID
  /// The ledger commit of the transaction.
  public let ledger: ObjectID
  public let epoch: EpochLabel

  static let names = ["KV-NS", "KV-Txn", "KV-Ledger", "Epoch"]

  public init(namespace: Namespace, transaction: TransactionID, ledger: ObjectID, epoch: EpochLabel) {
    self.namespace = namespace
    self.transaction = transaction
    self.ledger = ledger
    self.epoch = epoch
  }

  /// Throws `.attestation` that names the commit and what is wrong.
  public init(_ commit: Commit) throws(Rejection) {
    let (v, _) = try commit.trailers(Self.names)
    guard let ns = Namespace(v[0]) else { throw commit.malformed("KV-NS", v[0]) }
    guard let txn = TransactionID(v[1]) else { throw commit.malformed("KV-Txn", v[1]) }
    guard let ledger = ObjectID(v[2]), ledger.format == commit.id.format else {
      throw commit.malformed("KV-Ledger", v[2])
    }
    guard let epoch = EpochLabel(v[3]) else { throw commit.malformed("Epoch", v[3]) }
    self.init(namespace: ns, transaction: txn, ledger: ledger, epoch: epoch)
  }

  public func message(_ text: String) -> String {
    let values = [namespace.name, transaction.text, ledger.hex, epoch.name]
    return TrailerBlock(text: text, trailers: zip(Self.names, values).map { Trailer(name: $0, value: $1) }).message
  }
}

extension Commit {
  /// - Parameter optional: trailers that follow, all of them or none.
  fileprivate func trailers(
    _ names: [String], optional: [String] = []
  ) throws(Rejection) -> ([String], [Trailer]) {
    guard let block = TrailerBlock(message: message) else {
      throw .attestation("commit \(id) does not end in a paragraph of trailers")
    }
    let hasMore = block.trailers.contains { optional.contains($0.name) }
    let names = hasMore ? names + optional : names
    guard let taken = block.take(names) else {
      let present = block.trailers.map(\.name)
      let wrong = names.first { name in present.count { $0 == name } != 1 }
      throw .attestation(
        wrong.map { "commit \(id): trailer \($0.quoted) is \(present.contains($0) ? "doubled" : "missing")" }
          ?? "commit \(id): the trailers are not the protocol's, in its order")
    }
    return taken
  }

  fileprivate func malformed(_ name: String, _ value: String) -> Rejection {
    .attestation("commit \(id): trailer \(name.quoted) is malformed: \(value.quoted)")
  }
}
