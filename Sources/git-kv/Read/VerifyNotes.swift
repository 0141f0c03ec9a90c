import Glibc
import KVShared

/// What a verification has found so far.
struct VerifyTally: Codable {
  /// The last key that was checked, in byte order.
  var after: String?
  var checked = 0
  /// Bytes that were proved.
  var bytes = 0
  /// Values whose chunks are not all here.
  var elsewhere = 0
  /// What is wrong, in words.
  var wrong: [String] = []

  struct Summary: Encodable {
    let checked: Int
    let bytes: Int
    let notHere: Int
    let wrong: Int

    enum CodingKeys: String, CodingKey {
      case checked, bytes, wrong
      case notHere = "not_here"
    }
  }

  var summary: Summary { Summary(checked: checked, bytes: bytes, notHere: elsewhere, wrong: wrong.count) }

  var words: String {
    "checked \(checked), not here \(elsewhere), wrong \(wrong.count); \(ByteMeter.size(bytes)) proved"
  }
}

/// Remembers a verification, so that the next one can go on: a file in the git folder.
final class VerifyNotes {
  private struct Record: Codable {
    let ledger: String
    let tally: VerifyTally
  }

  private let path: String
  private let ledger: String
  private var lastKept: Int = 0

  init(_ clone: Clone, _ namespace: Namespace, _ commit: Commit) {
    path = "\(clone.commonDirectory)/kv-verify-\(namespace)"
    ledger = commit.id.hex
  }

  /// What an earlier run has left of the same ledger; nil where there is nothing, or nothing legible.
  func load() throws(Rejection) -> VerifyTally? {
    guard let bytes = try IO.readFile(path), let record = CanonicalJSON.decode(Record.self, bytes),
      record.ledger == ledger
    else { return nil }
    return record.tally
  }

  /// Keeps a tally, once a second at most.
  func keep(_ tally: VerifyTally) throws(Rejection) {
    let now = time(nil)
    guard now != lastKept else { return }
    lastKept = now
    try IO.replaceFile(path, CanonicalJSON.encode(Record(ledger: ledger, tally: tally)))
  }

  /// Forgets it: the run has come to its end.
  func remove() throws(Rejection) { unlink(path) }
}
