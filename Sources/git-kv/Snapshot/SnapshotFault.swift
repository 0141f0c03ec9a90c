import KVShared

/// What is wrong with a snapshot, and where.
struct SnapshotFault {
  let file: String
  /// Counted from 1.
  let line: Int

  static let hint = "the snapshot is cut, damaged or not git-kv's own: take another copy; nothing has been changed"

  private var place: String { "\(file):\(line): " }

  /// The refusal of damage.
  func callAsFunction(_ text: String) -> Rejection { .attestation(place + text, hint: Self.hint) }

  /// The same refusal, with the place where it has none.
  func at(_ error: Rejection) -> Rejection {
    switch error {
    case _ where error.message.hasPrefix(place): error
    case .policy(let text, let hint): .policy(place + text, hint: hint)
    case .attestation(let text, _), .usage(let text, _), .invalidKey(let text): self(text)
    case .io(let text, let hint): .io(place + text, hint: hint)
    default: error
    }
  }
}
