import KVShared

/// What an import does to a store, in transactions of a bounded number of keys.
///
/// The edits wait in a file, in the order of their keys, so that a row of transactions takes the memory of one, one of
/// all the memory of a slice, and both can be made again on other tips.
struct SnapshotEdits {
  let spool: EditSpool
  /// Keys of one transaction at most; nil for all in one.
  let batch: Int?
  /// Whether keys that the snapshot does not have are deleted.
  let replaces: Bool
  /// The ledger tree of the whole snapshot, where it is known and comparable.
  let tree: ObjectID?

  /// What an import changes, in keys.
  struct Tally {
    var set = 0
    var deleted = 0
    var unchanged = 0
  }

  /// Hands over what has to be changed, transaction by transaction; a store that is not there gets one, however empty.
  @discardableResult
  func parts(
    on base: TransactionBase?, _ session: WriteSession, each: (any KeyEdits) throws(Rejection) -> Void
  ) throws(Rejection) -> Tally {
    let deletions = try replaces ? strangers(in: base, session) : []
    guard let most = batch else {
      let whole = try SnapshotSlices(spool, deleting: deletions, on: base, session)
      if !whole.isEmpty || base == nil { try each(whole) }
      return Tally(set: whole.keysSet, deleted: deletions.count, unchanged: spool.count - whole.keysSet)
    }
    var tally = Tally()
    var part: [Key: KeyEdit] = [:]
    var chunks = 0
    var isEmpty = true
    func give() throws(Rejection) {
      try each(part)
      part = [:]
      chunks = 0
      isEmpty = false
    }
    try spool.rewind()
    while !spool.isAtEnd {
      let edits = try wanted(spool.next(upTo: most - part.count), base, session, &tally)
      let more = edits.values.reduce(0) { $0 + $1.chunks.count }
      if !part.isEmpty, chunks + more > Manifest.maxChunks { try give() }
      chunks += more
      if part.isEmpty { part = edits } else { part.merge(edits) { $1 } }
      // To fill the rest could take a look at the store for each key.
      if part.count > most / 2 { try give() }
    }
    for key in deletions {
      part[key] = .delete
      if part.count == most { try give() }
    }
    tally.deleted = deletions.count
    if !part.isEmpty || (isEmpty && base == nil) { try give() }
    return tally
  }

  /// Leaves out what is so already.
  private func wanted(
    _ edits: [Key: KeyEdit], _ base: TransactionBase?, _ session: WriteSession, _ tally: inout Tally
  ) throws(Rejection) -> [Key: KeyEdit] {
    let wanted = try session.changed(edits, on: base)
    session.clone.reader.forgetTrees()
    tally.set += wanted.count
    tally.unchanged += edits.count - wanted.count
    return wanted
  }

  /// The keys of a store that the snapshot does not have: both are in the order of their keys.
  private func strangers(in base: TransactionBase?, _ session: WriteSession) throws(Rejection) -> [Key] {
    let listed = try LedgerTree.list(
      prefix: [], in: base?.ledger.tree, namespace: session.namespace, reader: session.clone.reader)
    guard !listed.isEmpty else { return [] }
    try spool.rewind()
    var next = try spool.nextKey()
    var strangers: [Key] = []
    for (key, _) in listed {
      while let known = next, known.bytes.lexicographicallyPrecedes(key.bytes) { next = try spool.nextKey() }
      if next != key { strangers.append(key) }
    }
    return strangers
  }
}
