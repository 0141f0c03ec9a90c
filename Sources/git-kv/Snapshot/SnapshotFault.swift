import KVShared

/// What is wrong with a snapshot, and where.
struct SnapshotFault {
  let file: String
  /// Counted from 1.
  let line: Int

  static let hint = "the snapshot is cut, damaged or not git-kv's own: take another copy; nothing has been changed"

  /// The refusal of damage.
  func callAsFunction(_ text: String) -> Rejection { .attestation("\(file):\(line): \(text)", hint: Self.hint) }

  /// The same refusal, with the place.
  func at(_ error: Rejection) -> Rejection {
    switch error {
    case .policy(let text, let hint): .policy("\(file):\(line): \(text)", hint: hint)
    case .attestation(let text, _), .usage(let text, _), .invalidKey(let text): self(text)
    case .io(let text, let hint): .io("\(file):\(line): \(text)", hint: hint)
    default: error
    }
  }
}
