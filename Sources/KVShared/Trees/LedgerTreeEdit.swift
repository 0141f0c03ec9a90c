/// A ledger tree while changes are applied to it, a slice of them at a time.
final class LedgerTreeEdit {
  private let old: ObjectID?
  private let path: [[UInt8]]
  private let reader: ObjectReader
  private let sink: any ObjectSink
  private let edit = DirectoryEdit()
  /// The directories of values and of metadata.
  private let tops: [(name: [UInt8], edit: DirectoryEdit)]

  /// Up to this many changes are applied at once.
  private static let fewKeys = 10_000

  init(of root: ObjectID?, namespace: Namespace, reader: ObjectReader, sink: any ObjectSink) {
    old = root
    path = LedgerTree.root(of: namespace)
    self.reader = reader
    self.sink = sink
    let top = path.reduce(edit) { $0.directory($1) }
    tops = ["data", "meta"].map { (name: Array($0.utf8), edit: top.directory(Array($0.utf8))) }
  }

  /// Applies changes; nil deletes. Keys whose shards begin with the same byte come in one slice.
  ///
  /// Many changes are applied shard by shard, so that the directories of one shard are in memory at a time.
  func apply(_ changes: [Key: LedgerTree.Slot?]) throws(Rejection) {
    guard changes.count > Self.fewKeys else {
      for (key, slot) in changes {
        let (a, b) = key.shard
        put(key, slot, b, tops[0].edit.directory(Hex.pair(a)), tops[1].edit.directory(Hex.pair(a)))
      }
      return
    }
    var shards = [[(key: Key, shard: UInt8)]](repeating: [], count: 256)
    for key in changes.keys {
      let (a, b) = key.shard
      shards[Int(a)].append((key, b))
    }
    for (number, keys) in shards.enumerated() where !keys.isEmpty {
      let name = Hex.pair(UInt8(number))
      let edits = [DirectoryEdit(), DirectoryEdit()]
      for (key, shard) in keys {
        if let slot = changes[key] { put(key, slot, shard, edits[0], edits[1]) }
      }
      for (top, edit) in zip(tops, edits) {
        let shard = try reader.directory(path + [top.name, name], in: old)
        top.edit.setTree(name, try edit.apply(to: shard, reader: reader, sink: sink))
      }
    }
  }

  /// Returns the new root tree.
  func finish() throws(Rejection) -> ObjectID {
    try sink.store(root: try edit.apply(to: old, reader: reader, sink: sink))
  }

  private func put(
    _ key: Key, _ slot: LedgerTree.Slot?, _ shard: UInt8, _ data: DirectoryEdit, _ meta: DirectoryEdit
  ) {
    // Where nothing was, there is nothing to take away.
    let isNew = old == nil
    let name = key.encoded
    let values = data.directory(Hex.pair(shard))
    if !isNew || slot?.isChunked == false { values.setFile(name, slot?.isChunked == false ? slot?.data : nil) }
    if !isNew || slot?.isChunked == true {
      values.setFile(name + LedgerTree.manifestSuffix, slot?.isChunked == true ? slot?.data : nil)
    }
    meta.directory(Hex.pair(shard)).setFile(name + LedgerTree.metaSuffix, slot?.meta)
  }
}
