/// The first thing an audit finds that does not follow from what was before it.
public struct BrokenLink: Equatable, Sendable, Codable {
  /// What ties a piece of a store to the rest.
  public enum Link: String, Codable, Sendable {
    /// A commit to the one before it, and to the commits of the same transaction.
    case chain
    case signature
    /// The ledger's trees to keys, values and metadata.
    case ledger
    case index
    case chunks
    /// An epoch to the one before it.
    case epoch
    case watchlog
    /// What the mirror shows to what it says it has.
    case mirror
  }

  public let link: Link
  public let epoch: String?
  public let txn: String?
  /// In hex.
  public let commit: String?
  public let message: String
}

/// Why an audit ends before its end.
public enum AuditStop: Error {
  case broken(BrokenLink)
  /// The audit itself has failed, and says nothing of the store.
  case failed(Rejection)
}

/// Where in a store an audit is: what a broken link is reported with.
struct AuditPlace {
  var epoch: EpochLabel?
  var transaction: TransactionID?
  var commit: ObjectID?

  func broken(_ link: BrokenLink.Link, _ message: String) -> AuditStop {
    .broken(
      BrokenLink(
        link: link, epoch: epoch?.name, txn: transaction?.text, commit: commit?.hex, message: message))
  }

  /// Does something that reads the store; whatever is wrong with what it reads breaks the link.
  func check<Result>(
    _ link: BrokenLink.Link, _ body: () throws(Rejection) -> Result
  ) throws(AuditStop) -> Result {
    do throws(Rejection) {
      return try body()
    } catch {
      throw broken(link, error.message)
    }
  }

  func expect(_ link: BrokenLink.Link, _ holds: Bool, _ message: @autoclosure () -> String) throws(AuditStop) {
    guard holds else { throw broken(link, message()) }
  }
}
