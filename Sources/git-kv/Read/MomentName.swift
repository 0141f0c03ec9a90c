import KVShared

/// How a point in a ledger's history is named.
enum MomentName: Equatable {
  /// Whatever git resolves to a ledger commit.
  case commit(String)
  case transaction(TransactionID)
  case instant(Timestamp)

  /// Digits of a number of days; a longer one is taken for the beginning of a commit id, as `d` is a hex digit.
  private static let dayDigits = 4

  /// Takes an instant (RFC 3339 UTC), a day (its beginning, UTC), a duration (so long before now) or the id of a
  /// transaction; all else is the name of a commit.
  init(_ text: String, now: Timestamp) {
    if let instant = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") {
      self = .instant(instant)
    } else if let id = TransactionID(text) {
      self = .transaction(id)
    } else if let seconds = PolicyUnits.duration(text),
      !text.hasSuffix("d") || text.utf8.count <= Self.dayDigits + 1
    {
      self = .instant(Timestamp(seconds: max(0, now.seconds - Int64(seconds))))
    } else {
      self = .commit(text)
    }
  }
}

/// A point in a ledger's history.
struct Moment {
  /// As it was named.
  let name: String
  let commit: Commit
  let trailers: LedgerTrailers
  /// The instant that was named, else when the commit was made; what expires is judged by it.
  let instant: Timestamp

  /// Throws `.attestation` for a commit that is none of a ledger.
  /// - Parameter instant: nil for the commit's own.
  init(_ name: String, _ commit: Commit, instant: Timestamp? = nil) throws(Rejection) {
    self.name = name
    self.commit = commit
    trailers = try LedgerTrailers(commit)
    self.instant = instant ?? Timestamp(seconds: commit.committerSeconds)
  }
}
