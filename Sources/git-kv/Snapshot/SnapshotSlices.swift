import KVShared

/// What a snapshot does to a store in one transaction: it takes the memory of a slice, and some bytes for each key.
struct SnapshotSlices: KeyEdits {
  private let spool: EditSpool
  private let session: WriteSession
  private let deletions: [Key]
  /// What is done, by the shards of the keys: the numbers of edits in the spool, and behind them those of deletions.
  private let numbers: [UInt32]

  var isEmpty: Bool { numbers.isEmpty }
  var keysSet: Int { numbers.count - deletions.count }

  /// Keys of a slice, more or less.
  private static let sliceKeys = 25_000
  /// Slices by key at most, as each is a pack of its own.
  private static let keySlices = 10

  /// Finds out which edits change something.
  init(
    _ spool: EditSpool, deleting deletions: [Key], on base: TransactionBase?, _ session: WriteSession
  ) throws(Rejection) {
    self.spool = spool
    self.session = session
    self.deletions = deletions
    var order = (0..<spool.count).map { UInt64(spool.shard($0)) << 32 | UInt64($0) }
    order += deletions.enumerated().map { UInt64($1.shard.0) << 32 | UInt64(spool.count + $0) }
    order.sort()
    let all = order.map { UInt32(truncatingIfNeeded: $0) }
    guard base != nil else {
      numbers = all
      return
    }
    var wanted: [UInt32] = []
    for start in stride(from: 0, to: all.count, by: Self.sliceKeys) {
      let slice = all[start..<min(start + Self.sliceKeys, all.count)]
      var edits: [Key: KeyEdit] = [:]
      var keys: [UInt32: Key] = [:]
      for n in slice where n < spool.count {
        let (key, edit) = try spool.edit(Int(n))
        (keys[n], edits[key]) = (key, edit)
      }
      edits = try session.changed(edits, on: base)
      wanted += slice.filter { n in keys[n].map { edits[$0] != nil } ?? true }
      session.clone.reader.forgetTrees()
    }
    numbers = wanted
  }

  func slices(_ order: SliceOrder, _ body: ([Key: KeyEdit]) throws(Rejection) -> Void) throws(Rejection) {
    switch order {
    case .shard:
      var start = 0
      while start < numbers.count {
        var end = min(start + Self.sliceKeys, numbers.count)
        while end < numbers.count, shard(numbers[end]) == shard(numbers[end - 1]) { end += 1 }
        try give(numbers[start..<end], body)
        start = end
      }
    case .key:
      let sorted = numbers.sorted()
      let most = max(Self.sliceKeys, sorted.count / Self.keySlices + 1)
      for start in stride(from: 0, to: sorted.count, by: most) {
        if start > 0 { try session.store.flush() }
        try give(sorted[start..<min(start + most, sorted.count)], body)
      }
    }
    if isEmpty { try body([:]) }
  }

  private func give(
    _ slice: ArraySlice<UInt32>, _ body: ([Key: KeyEdit]) throws(Rejection) -> Void
  ) throws(Rejection) {
    var edits: [Key: KeyEdit] = [:]
    edits.reserveCapacity(slice.count)
    for n in slice {
      if n >= spool.count {
        edits[deletions[Int(n) - spool.count]] = .delete
      } else {
        let (key, edit) = try spool.edit(Int(n))
        edits[key] = edit
      }
    }
    try body(edits)
    session.clone.reader.forgetTrees()
  }

  private func shard(_ n: UInt32) -> UInt8 {
    n >= spool.count ? deletions[Int(n) - spool.count].shard.0 : spool.shard(Int(n))
  }
}
