/// The content of `event.json`: what one transaction did, as the watchlog tells it.
public struct WatchEvent: Codable, Equatable, Sendable {
  public static let fileName = Array("event.json".utf8)

  /// Keys that the transaction deleted, in byte order.
  public let del: [String]
  public let epoch: String
  /// Why the keys cannot be told: a transaction that was proved at `verify: attest` may hold anything.
  public let error: String?
  public let ns: String
  /// The ledger commit, in hex.
  public let oid: String
  /// Keys that the transaction set, in byte order.
  public let set: [String]
  /// When the ledger commit was made, by its committer's clock: RFC 3339 UTC.
  public let ts: String
  public let txn: String
  public let v: Int

  /// Tells what a ledger commit did, from the trees it changed.
  /// - Parameter reader: forgets the trees it has read.
  public init(_ commit: Commit, _ trailers: LedgerTrailers, reader: ObjectReader) throws(Rejection) {
    defer { reader.forgetTrees() }
    // The first commit of a later epoch repeats the tree of the sealed head: its base says what it changed.
    let base = trailers.baseTree
    do throws(Rejection) {
      let changes = try LedgerDiff(reader: reader, namespace: trailers.namespace).changes(
        from: base == reader.format.emptyTree ? nil : base, to: commit.tree)
      self.init(commit, trailers, changes: changes)
    } catch {
      guard error.code != .io else { throw error }
      self.init(commit, trailers, changes: [], error: error.message)
    }
  }

  /// Tells what is known to have changed.
  init(_ commit: Commit, _ trailers: LedgerTrailers, changes: [KeyChange], error: String? = nil) {
    v = 1
    ns = trailers.namespace.name
    epoch = trailers.epoch.name
    oid = commit.id.hex
    txn = trailers.transaction.text
    ts = Timestamp(seconds: commit.committerSeconds).description
    func names(_ chosen: [KeyChange]) -> [String] {
      chosen.map(\.key.bytes).sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
    set = names(changes.filter { $0.after != nil })
    del = names(changes.filter { $0.after == nil })
    self.error = error
  }

  /// Stores the commit that tells it in a watchlog, and returns its id: a function of the event, the ledger commit and
  /// the log before it.
  func store(
    _ commit: Commit, _ trailers: LedgerTrailers, after parent: ObjectID?, in sink: any ObjectSink
  ) throws(Rejection) -> ObjectID {
    let tree = try sink.store(file: Self.fileName, CanonicalJSON.encode(self))
    let said = WatchTrailers(
      namespace: trailers.namespace, transaction: trailers.transaction, ledger: commit.id, epoch: trailers.epoch)
    return try sink.store(
      .commit,
      Commit.payload(
        tree: tree, parent: parent, byStargateAt: commit.committerSeconds,
        message: said.message("kv: event of \(trailers.transaction)")))
  }
}

extension Commit {
  /// Seconds since 1970, by the committer's clock; 0 where the line has none.
  public var committerSeconds: Int64 {
    let words = committer.split(separator: " ")
    guard words.count >= 2, let seconds = Int64(words[words.count - 2]) else { return 0 }
    return min(max(seconds, 0), Timestamp.last.seconds)
  }
}
