extension LedgerTree {
  /// Lists the keys that begin with the given bytes, in byte order, with what stands for each.
  ///
  /// One shard directory after the other is read and let go of: a store takes the memory of its keys, not of its trees.
  /// Throws `.attestation` for a name that is none of ours, and for data without metadata or the reverse.
  public static func list(
    prefix: [UInt8], in root: ObjectID?, namespace: Namespace, reader: ObjectReader
  ) throws(Rejection) -> [(key: Key, slot: Slot)] {
    let tops = try ["data", "meta"].map { (kind) throws(Rejection) in
      try shards(try reader.directory(Self.root(of: namespace) + [Array(kind.utf8)], in: root), reader)
    }
    var found: [(key: Key, slot: Slot)] = []
    for name in Set(tops[0].keys).union(tops[1].keys) {
      try reader.load(trees: tops.compactMap { $0[name] })
      let (data, meta) = (try shards(tops[0][name], reader), try shards(tops[1][name], reader))
      try reader.load(trees: Array(data.values) + Array(meta.values))
      for shard in Set(data.keys).union(meta.keys) {
        try take(try reader.entries(data[shard]), try reader.entries(meta[shard]), prefix, into: &found)
      }
      reader.forgetTrees()
    }
    found.sort { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
    return found
  }

  private static func shards(_ id: ObjectID?, _ reader: ObjectReader) throws(Rejection) -> [[UInt8]: ObjectID] {
    var shards: [[UInt8]: ObjectID] = [:]
    for entry in try reader.entries(id) where entry.isTree { shards[entry.name] = entry.id }
    return shards
  }

  /// Pairs the files of one shard.
  private static func take(
    _ data: [TreeEntry], _ meta: [TreeEntry], _ prefix: [UInt8], into found: inout [(key: Key, slot: Slot)]
  ) throws(Rejection) {
    var notes: [[UInt8]: ObjectID] = [:]
    for entry in meta {
      guard !entry.isTree, let name = entry.name.droppingSuffix(metaSuffix) else { throw stray(entry.name) }
      notes[name] = entry.id
    }
    for entry in data {
      let manifest = entry.name.droppingSuffix(manifestSuffix)
      guard !entry.isTree, let bytes = PercentEncoding.decode(manifest ?? entry.name) else { throw stray(entry.name) }
      let key = try Key(bytes: bytes)
      guard let note = notes.removeValue(forKey: manifest ?? entry.name) else {
        throw .attestation("key \(key.description.quoted) has no metadata, or both a value and a manifest")
      }
      guard bytes.starts(with: prefix) else { continue }
      found.append((key, Slot(data: entry.id, meta: note, isChunked: manifest != nil)))
    }
    if let name = notes.keys.first { throw .attestation("the metadata \(name.quoted) has no data") }
  }

  private static func stray(_ name: [UInt8]) -> Rejection {
    .attestation("\(name.quoted) may not stand there: its path is not canonical")
  }
}
