import KVShared

/// What was walked of one epoch: a line of the report.
struct AuditLine: Encodable {
  let ns: String
  let epoch: String
  let transactions: Int
  /// Of these, proved by an earlier audit.
  let proved: Int
  let keysSet: Int
  let keysDeleted: Int
  let signatures: Int
  /// Bytes of all values.
  let bytes: Int
  let chunks: Int
  let chunksElsewhere: Int
  /// Events of the watchlog, and how many of them are still to come.
  let events: Int
  let lag: Int

  enum CodingKeys: String, CodingKey {
    case ns, epoch, transactions, proved, signatures, bytes, chunks, events, lag
    case keysSet = "keys_set"
    case keysDeleted = "keys_del"
    case chunksElsewhere = "chunks_elsewhere"
  }

  init(_ namespace: Namespace, _ audit: EpochAudit) {
    let progress = audit.progress
    ns = namespace.name
    epoch = progress.epoch
    transactions = progress.transactions
    proved = audit.resumed
    keysSet = progress.keysSet
    keysDeleted = progress.keysDeleted
    signatures = progress.signatures
    bytes = progress.bytes
    chunks = progress.chunks
    chunksElsewhere = progress.chunksElsewhere
    events = progress.events
    lag = audit.lag
  }

  var words: String {
    var text = "epoch \(epoch): \(transactions) transactions"
    if proved > 0 { text += " (\(proved) of them proved before)" }
    text +=
      ", \(keysSet) keys set, \(keysDeleted) deleted, \(signatures) signatures, \(ByteMeter.size(bytes)) of values"
    if chunks > 0 { text += ", \(chunks) chunks" + (chunksElsewhere > 0 ? " (\(chunksElsewhere) not here)" : "") }
    text += ", \(events) events"
    if lag > 0 { text += " (\(lag) still to come)" }
    return text
  }
}

/// The verdict on a namespace.
struct AuditReport {
  let ns: String
  private(set) var lines: [AuditLine] = []
  /// Of the epoch chain.
  var signatures = 0
  /// Epochs whose transactions are in bundles.
  var notWalked: [String] = []
  var firstBroken: BrokenLink?
  var seconds = 0.0

  init(_ namespace: Namespace) { ns = namespace.name }

  mutating func add(_ line: AuditLine) { lines.append(line) }

  struct Summary: Encodable {
    let ns: String
    /// Whether every link that was looked at holds.
    let ok: Bool
    /// Whether every epoch that was asked for was walked.
    let complete: Bool
    let epochs: Int
    let transactions: Int
    let signatures: Int
    let notWalked: [String]
    let firstBroken: BrokenLink?
    let milliseconds: Int

    enum CodingKeys: String, CodingKey {
      case ns, ok, complete, epochs, transactions, signatures
      case notWalked = "not_walked"
      case firstBroken = "first_broken"
      case milliseconds = "ms"
    }
  }

  private var transactions: Int { lines.reduce(0) { $0 + $1.transactions } }

  var summary: Summary {
    Summary(
      ns: ns, ok: firstBroken == nil, complete: notWalked.isEmpty && firstBroken == nil, epochs: lines.count,
      transactions: transactions, signatures: lines.reduce(signatures) { $0 + $1.signatures }, notWalked: notWalked,
      firstBroken: firstBroken, milliseconds: Int(seconds * 1000))
  }

  var words: String {
    let walked = "\(lines.count) epochs, \(transactions) transactions, \(summary.signatures) signatures"
    guard let broken = firstBroken else {
      let rest = notWalked.isEmpty ? "" : "; not walked: \(notWalked.joined(separator: ", "))"
      return "\(ns): every link holds: \(walked)\(rest); \(Int(seconds * 1000)) ms"
    }
    var at: [String] = []
    if let epoch = broken.epoch { at.append("epoch \(epoch)") }
    if let txn = broken.txn { at.append("transaction \(txn)") }
    if let commit = broken.commit { at.append("commit \(commit)") }
    return "\(ns): broken at its \(broken.link.rawValue): \(at.joined(separator: ", "))"
  }
}
