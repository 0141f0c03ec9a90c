extension Grafts {
  /// The changes of epoch that some updates bring to a mirror, so that it gets no more than is new; nil for none.
  convenience init?(_ updates: [MirrorUpdate], _ reader: ObjectReader) {
    var sealed: [ObjectID: ObjectID] = [:]
    for update in updates where update.name.hasPrefix("refs/kv-epoch/") && update.old != nil {
      var at = update.new
      while let id = at, id != update.old, let commit = try? reader.commit(id) {
        for (first, last) in Self.pairs(commit, reader) { sealed[first] = last }
        at = commit.parents.first
      }
    }
    guard !sealed.isEmpty else { return nil }
    try? self.init(sealed)
  }

  /// First commits of an epoch and last ones of the epoch before, as far as they are here: the old index may be gone.
  private static func pairs(_ commit: Commit, _ reader: ObjectReader) -> [(first: ObjectID, last: ObjectID)] {
    guard let record = (try? EpochRecord(of: commit, reader)) ?? nil, let sealed = record.sealed else { return [] }
    let pairs = [
      (record.root.ledger, sealed.ledger), (record.root.index, sealed.index), (record.root.chunks, sealed.chunks),
    ].compactMap { first, last -> (first: ObjectID, last: ObjectID)? in
      guard let first = first.flatMap({ ObjectID($0) }), let last = last.flatMap({ ObjectID($0) }) else { return nil }
      return (first, last)
    }
    guard let found = try? reader.read(pairs.map { .info($0.last.hex) }) else { return [] }
    return zip(pairs, found).compactMap { $1?.kind == .commit ? $0 : nil }
  }
}
