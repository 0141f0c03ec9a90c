/// How far an audit is in one epoch: what it has counted, and what it needs to go on.
public struct AuditProgress: Codable, Equatable, Sendable {
  public let epoch: String
  /// Transactions whose every link holds.
  public internal(set) var transactions = 0
  public internal(set) var keysSet = 0
  public internal(set) var keysDeleted = 0
  /// Good signatures that were demanded.
  public internal(set) var signatures = 0
  /// Values of all transactions, in bytes.
  public internal(set) var bytes = 0
  /// Chunks that manifests name, and those of them that are not here.
  public internal(set) var chunks = 0
  public internal(set) var chunksElsewhere = 0
  /// Events of the watchlog, which are compared in their order.
  public internal(set) var events = 0
  /// The last of them, in hex.
  var event: String?
  /// The last commits, in hex; nil for an index that is not kept, and for chunks where there are none.
  public internal(set) var ledger: String?
  var index: String?
  var chunksCommit: String?
  var chunksCommits = 0
  /// What index and chunks have to be now: trees, in hex.
  var indexTree: String?
  var chunksTree: String?

  init(_ label: EpochLabel) { epoch = label.name }
}

/// Remembers an audit, so that the next one goes on from there: a file with a checksum.
///
/// A commit names everything before it: one that was proved once stays proved as long as it stands where it stood.
public struct AuditNotes: Sendable {
  private struct Record: Codable {
    let binding: String
    let epochs: [AuditProgress]
    let v: Int
  }

  let path: String
  let binding: String

  public init(path: String, rules: AuditRules) {
    self.path = path
    binding = rules.binding
  }

  /// What an earlier audit has proved under the same rules; empty where there is nothing, or nothing legible.
  public func load() -> [String: AuditProgress] {
    guard let bytes = try? IO.readFile(path), let record = Sealed<Record>.read(Array(bytes.dropLast())), record.v == 1,
      record.binding == binding
    else { return [:] }
    return Dictionary(record.epochs.map { ($0.epoch, $0) }) { $1 }
  }

  public func keep(_ epochs: [String: AuditProgress]) throws(Rejection) {
    let record = Record(binding: binding, epochs: epochs.values.sorted { $0.epoch < $1.epoch }, v: 1)
    try IO.replaceFile(path, Sealed(record).line)
  }
}
