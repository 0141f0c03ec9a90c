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
      for node in level { try node.distribute(reader, into: &next) }
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

/// One directory of an index while changes are applied to it.
private final class IndexDirectory {
  let depth: Int
  let old: ObjectID?
  var changes: [(key: [UInt8], blob: ObjectID)] = []
  private var children: [[UInt8]: IndexDirectory] = [:]
  private var files: [[UInt8]: TreeEntry?] = [:]
  /// A leaf that bursts keeps nothing of its old tree.
  private var keepsOld = true

  init(depth: Int, old: ObjectID?) {
    self.depth = depth
    self.old = old
  }

  /// Decides between leaf and interior and hands the changes on. The old tree is loaded by then.
  func distribute(_ reader: ObjectReader, into next: inout [IndexDirectory]) throws(Rejection) {
    let entries = try reader.entries(old)
    var subdirectories: [[UInt8]: ObjectID] = [:]
    for entry in entries where entry.isTree { subdirectories[entry.name] = entry.id }
    if depth >= 2, subdirectories.isEmpty {
      var blobs = Dictionary(changes.map { ($0.key, $0.blob) }) { $1 }
      let untouched = entries.compactMap { entry -> (key: [UInt8], blob: ObjectID)? in
        guard let key = entry.name.droppingSuffix(IndexTree.suffix).flatMap(PercentEncoding.decode),
          blobs[key] == nil
        else { return nil }
        return (key, entry.id)
      }
      if blobs.count + untouched.count <= IndexTree.leafKeys {
        for (key, blob) in blobs { addFile(key, blob) }
        return
      }
      for (key, blob) in untouched { blobs[key] = blob }
      changes = blobs.map { (key: $0.key, blob: $0.value) }
      keepsOld = false
    }
    for (key, blob) in changes {
      let used = depth * 2
      if key.count <= used {
        addFile(key, blob)
        continue
      }
      let step = PercentEncoding.encode(key[used..<min(used + 2, key.count)])
      let child: IndexDirectory
      if let known = children[step] {
        child = known
      } else {
        child = IndexDirectory(depth: depth + 1, old: subdirectories[step])
        children[step] = child
        next.append(child)
      }
      child.changes.append((key: key, blob: blob))
    }
  }

  private func addFile(_ key: [UInt8], _ blob: ObjectID) {
    let name = PercentEncoding.encode(key) + IndexTree.suffix
    files.updateValue(TreeEntry(name: name, isTree: false, id: blob), forKey: name)
  }

  func build(_ reader: ObjectReader, _ sink: any ObjectSink) throws(Rejection) -> ObjectID? {
    var merged = files
    for (name, child) in children {
      let id = try child.build(reader, sink)
      merged.updateValue(id.map { TreeEntry(name: name, isTree: true, id: $0) }, forKey: name)
    }
    return try sink.store(tree: Tree.merge(keepsOld ? try reader.entries(old) : [], merged))
  }
}
