/// The layout of index trees: `kv/<ns>/index/<pp>/<pp>[/<pp>…]/<enc(key)>.ref`.
///
/// A directory from depth 2 on holds up to `leafKeys` keys as a leaf; above that its keys move down by their next two
/// bytes, and only a key that ends there stays. Leaf or not is a function of the set of keys alone, tombstones included,
/// so equal sets of keys give equal trees.
public enum IndexTree {
  public static let leafKeys = 256
  static let suffix = Array(".ref".utf8)

  static func root(of namespace: Namespace) -> [[UInt8]] { LedgerTree.root(of: namespace) + [Array("index".utf8)] }

  /// Sets the pointers of keys in an index tree and returns the new root tree.
  /// - Parameter changes: the blob of each key's `.ref`.
  public static func apply(
    _ changes: [Key: ObjectID], to root: ObjectID?, namespace: Namespace, reader: ObjectReader, sink: any ObjectSink
  ) throws(Rejection) -> ObjectID {
    let path = Self.root(of: namespace)
    let node = IndexDirectory(depth: 0, old: try reader.directory(path, in: root))
    node.changes = changes.map { (key: $0.key.bytes, blob: $0.value) }
    var level = [node]
    while !level.isEmpty {
      try reader.load(trees: level.compactMap(\.old))
      var next: [IndexDirectory] = []
      for node in level { try node.distribute(reader, sink, into: &next) }
      level = next
    }
    var new = try node.build(reader, sink)
    for name in path.reversed() {
      new = try sink.store(tree: new.map { [TreeEntry(name: name, isTree: true, id: $0)] } ?? [])
    }
    return try sink.store(root: new)
  }

  /// Finds the pointers of all keys that begin with the given bytes; in no particular order.
  public static func list(
    prefix: [UInt8], in root: ObjectID?, namespace: Namespace, reader: ObjectReader
  ) throws(Rejection) -> [(key: [UInt8], blob: ObjectID)] {
    guard let top = try reader.directory(Self.root(of: namespace), in: root) else { return [] }
    var found: [(key: [UInt8], blob: ObjectID)] = []
    var level: [(directory: ObjectID, depth: Int)] = [(top, 0)]
    while !level.isEmpty {
      try reader.load(trees: level.map(\.directory))
      var next: [(directory: ObjectID, depth: Int)] = []
      for (directory, depth) in level {
        let wanted = prefix.dropFirst(depth * 2).prefix(2)
        for entry in try reader.entries(directory) {
          if entry.isTree {
            if let step = PercentEncoding.decode(entry.name), step.starts(with: wanted) {
              next.append((entry.id, depth + 1))
            }
          } else if let key = entry.name.droppingSuffix(suffix).flatMap(PercentEncoding.decode),
            key.starts(with: prefix)
          {
            found.append((key, entry.id))
          }
        }
      }
      level = next
    }
    return found
  }

  /// Finds the pointer blob of one key.
  static func lookup(
    _ key: Key, in root: ObjectID?, namespace: Namespace, reader: ObjectReader
  ) throws(Rejection) -> ObjectID? {
    var at = try reader.directory(Self.root(of: namespace), in: root)
    let name = key.encoded + suffix
    var used = 0
    while let directory = at {
      let entries = try reader.entries(directory)
      if let file = entries.first(where: { !$0.isTree && $0.name == name }) { return file.id }
      guard used < key.bytes.count else { return nil }
      let step = PercentEncoding.encode(key.bytes[used..<min(used + 2, key.bytes.count)])
      at = entries.first { $0.isTree && $0.name == step }?.id
      used += 2
    }
    return nil
  }
}
