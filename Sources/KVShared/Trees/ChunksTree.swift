/// The layout of chunks trees: `kv/<ns>/chunks/sha256/<hh>/<hh>/<digest>`, raw bytes under the name of their SHA-256.
public enum ChunksTree {
  private static func root(of namespace: Namespace) -> [[UInt8]] {
    LedgerTree.root(of: namespace) + [Array("chunks".utf8), Array("sha256".utf8)]
  }

  /// Adds chunks that the tree does not hold and returns the new root tree.
  public static func add(
    _ chunks: [ChunkDigest: ObjectID], to root: ObjectID?, namespace: Namespace, reader: ObjectReader,
    sink: any ObjectSink
  ) throws(Rejection) -> ObjectID {
    let edit = DirectoryEdit()
    let top = Self.root(of: namespace).reduce(edit) { $0.directory($1) }
    for (digest, blob) in chunks {
      let name = Array(digest.hex.utf8)
      top.directory(Array(name[..<2])).directory(Array(name[2..<4])).setFile(name, blob)
    }
    return try sink.store(root: try edit.apply(to: root, reader: reader, sink: sink))
  }

  /// Looks chunks up; those that are not there are left out.
  public static func lookup(
    _ digests: some Sequence<ChunkDigest>, in root: ObjectID?, namespace: Namespace, reader: ObjectReader
  ) throws(Rejection) -> [ChunkDigest: ObjectID] {
    guard let top = try reader.directory(Self.root(of: namespace), in: root) else { return [:] }
    var at = digests.map { (digest: $0, name: Array($0.hex.utf8), directory: top) }
    for level in 0..<2 {
      try reader.load(trees: at.map(\.directory))
      var next: [(digest: ChunkDigest, name: [UInt8], directory: ObjectID)] = []
      for item in at {
        let step = item.name[(2 * level)..<(2 * level + 2)]
        let entry = try reader.entries(item.directory).first { $0.isTree && $0.name.elementsEqual(step) }
        if let entry { next.append((item.digest, item.name, entry.id)) }
      }
      at = next
    }
    try reader.load(trees: at.map(\.directory))
    // Each directory is walked once, however many chunks are asked of it.
    var asked: [ObjectID: [[UInt8]: ChunkDigest]] = [:]
    for item in at { asked[item.directory, default: [:]][item.name] = item.digest }
    var found: [ChunkDigest: ObjectID] = [:]
    for (directory, names) in asked {
      for entry in try reader.entries(directory) where !entry.isTree {
        if let digest = names[entry.name] { found[digest] = entry.id }
      }
    }
    return found
  }
}
