import KVShared

/// An event as it is told: with its commit in the watchlog, and of its keys those that were asked for.
struct WatchLine: Encodable {
  /// Absent for an event that was derived from the ledger.
  let commit: String?
  let del: [String]
  let epoch: String
  let error: String?
  let ns: String
  let oid: String
  let set: [String]
  let ts: String
  let txn: String
  let v: Int

  /// Returns nil where no key is asked for; an event that cannot tell its keys may be of any.
  /// - Parameter prefix: keys that begin with it are asked for.
  init?(_ entry: WatchEntry, prefix: String) {
    let event = entry.event
    func isAskedFor(_ key: String) -> Bool { key.utf8.starts(with: prefix.utf8) }
    set = event.set.filter(isAskedFor)
    del = event.del.filter(isAskedFor)
    guard prefix.isEmpty || !set.isEmpty || !del.isEmpty || event.error != nil else { return nil }
    commit = entry.isDerived ? nil : entry.place.commit.hex
    epoch = event.epoch
    error = event.error
    ns = event.ns
    oid = event.oid
    ts = event.ts
    txn = event.txn
    v = event.v
  }

  /// Digits of the ledger commit in a line of words.
  private static let digits = 12

  /// `<time> <transaction> <ledger commit> +<key> … -<key> …`, and last `error: "<why>"`.
  var words: String {
    var words = [ts, txn, String(oid.prefix(Self.digits))]
    words += set.map { "+\(Self.word($0))" } + del.map { "-\(Self.word($0))" }
    if let error { words.append("error: \(Self.quoted(error))") }
    return words.joined(separator: " ") + "\n"
  }

  /// A key as it is where it is one word, and else as JSON has it.
  static func word(_ key: String) -> String {
    let isWord = key.utf8.allSatisfy { $0 > UInt8(ascii: " ") && $0 != UInt8(ascii: "\"") && $0 != 0x7f }
    return isWord ? key : quoted(key)
  }

  private static func quoted(_ text: String) -> String { String(decoding: CanonicalJSON.line(text), as: UTF8.self) }
}
