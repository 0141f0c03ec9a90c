import KVShared

/// One key that differs between two points of a ledger.
struct KeyDifference: Encodable {
  enum Kind: String, Encodable { case added, removed, changed }

  let after: ValueFacts?
  let before: ValueFacts?
  let key: String
  let op: Kind

  /// `<+|-|~>`, sizes before and after, etags before and after, key; with tabs between.
  var line: String {
    let sign = [.added: "+", .removed: "-", .changed: "~"][op] ?? "?"
    func pair(_ what: (ValueFacts) -> String) -> String { "\(before.map(what) ?? "-")\t\(after.map(what) ?? "-")" }
    return "\(sign)\t\(pair { String($0.size) })\t\(pair(\.shortETag))\t\(WatchLine.word(key))\n"
  }
}

/// The keys that differ between two ledger trees.
struct LedgerComparison {
  let reader: ObjectReader
  let namespace: Namespace
  /// Only keys that begin with these bytes.
  var prefix: [UInt8] = []

  /// In the byte order of their keys.
  func changes(from old: ObjectID?, to new: ObjectID) throws(Rejection) -> [KeyChange] {
    try LedgerDiff(reader: reader, namespace: namespace).changes(from: old, to: new).filter {
      $0.key.bytes.starts(with: prefix)
    }.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
  }

  /// The same, with what is told of each value.
  func differences(from old: ObjectID?, to new: ObjectID) throws(Rejection) -> [KeyDifference] {
    let changes = try changes(from: old, to: new)
    var versions: [(key: Key, slot: LedgerTree.Slot)] = []
    for change in changes {
      for slot in [change.before, change.after] { if let slot { versions.append((change.key, slot)) } }
    }
    var facts = try ValueFacts.read(versions, reader).makeIterator()
    return changes.map { change in
      let before = change.before.flatMap { _ in facts.next() }
      let after = change.after.flatMap { _ in facts.next() }
      return KeyDifference(
        after: after, before: before, key: change.key.description,
        op: before == nil ? .added : after == nil ? .removed : .changed)
    }
  }
}

extension GlobalOptions {
  /// Prints differences, one a line.
  func print(_ differences: [KeyDifference]) throws(Rejection) {
    var out: [UInt8] = []
    for difference in differences { out += json ? CanonicalJSON.encode(difference) : Array(difference.line.utf8) }
    try IO.write(out, to: 1, "standard output")
  }
}
