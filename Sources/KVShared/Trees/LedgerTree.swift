/// The layout of ledger trees: `kv/<ns>/data/<hh>/<hh>/<enc(key)>`, with `.manifest.json` behind it for a value in
/// chunks, and `kv/<ns>/meta/<hh>/<hh>/<enc(key)>.meta`.
public enum LedgerTree {
  static let manifestSuffix = Array(".manifest.json".utf8)
  static let metaSuffix = Array(".meta".utf8)

  /// What stands for a key: its value's and its metadata's blobs.
  public struct Slot: Equatable, Sendable {
    /// The value itself, or the manifest of its chunks.
    public let data: ObjectID
    public let meta: ObjectID
    public let isChunked: Bool

    public init(data: ObjectID, meta: ObjectID, isChunked: Bool = false) {
      self.data = data
      self.meta = meta
      self.isChunked = isChunked
    }
  }

  static func root(of namespace: Namespace) -> [[UInt8]] { [Array("kv".utf8), Array(namespace.name.utf8)] }

  /// The path of a key's value in a ledger commit.
  public static func dataPath(_ namespace: Namespace, _ key: Key) -> String { path(namespace, "data", key) }

  /// The path of the manifest of a key in chunks in a ledger commit.
  public static func manifestPath(_ namespace: Namespace, _ key: Key) -> String {
    path(namespace, "data", key) + ".manifest.json"
  }

  /// The path of a key's metadata in a ledger commit.
  public static func metaPath(_ namespace: Namespace, _ key: Key) -> String { path(namespace, "meta", key) + ".meta" }

  private static func path(_ namespace: Namespace, _ kind: String, _ key: Key) -> String {
    let (a, b) = key.shard
    return
      "kv/\(namespace)/\(kind)/\(Hex.string([a]))/\(Hex.string([b]))/\(String(decoding: key.encoded, as: UTF8.self))"
  }

  /// Applies changes (nil deletes) to a ledger tree and returns the new root tree.
  public static func apply(
    _ changes: [Key: Slot?], to root: ObjectID?, namespace: Namespace, reader: ObjectReader, sink: any ObjectSink
  ) throws(Rejection) -> ObjectID {
    let edit = LedgerTreeEdit(of: root, namespace: namespace, reader: reader, sink: sink)
    try edit.apply(changes)
    return try edit.finish()
  }

  /// Looks keys up in a ledger tree; keys that are not there are left out.
  public static func lookup(
    _ keys: some Sequence<Key>, in root: ObjectID?, namespace: Namespace, reader: ObjectReader
  ) throws(Rejection) -> [Key: Slot] {
    var found: [Key: (data: ObjectID?, meta: ObjectID?, isChunked: Bool)] = [:]
    for kind in ["data", "meta"] {
      guard let top = try reader.directory(Self.root(of: namespace) + [Array(kind.utf8)], in: root) else { continue }
      var at: [(key: Key, directory: ObjectID)] = keys.map { ($0, top) }
      for level in 0..<2 {
        try reader.load(trees: at.map(\.directory))
        var next: [(key: Key, directory: ObjectID)] = []
        for (key, directory) in at {
          let name = Hex.pair(level == 0 ? key.shard.0 : key.shard.1)
          if let entry = try reader.entries(directory).first(where: { $0.name == name }) {
            next.append((key, entry.id))
          }
        }
        at = next
      }
      try reader.load(trees: at.map(\.directory))
      for (key, directory) in at {
        let name = key.encoded
        if kind == "meta" {
          found[key, default: (nil, nil, false)].meta = try reader.file(name + metaSuffix, in: directory)
        } else if let value = try reader.file(name, in: directory) {
          found[key, default: (nil, nil, false)].data = value
        } else if let manifest = try reader.file(name + manifestSuffix, in: directory) {
          found[key, default: (nil, nil, false)].data = manifest
          found[key]?.isChunked = true
        }
      }
    }
    return found.compactMapValues { slot in
      if let data = slot.data, let meta = slot.meta {
        Slot(data: data, meta: meta, isChunked: slot.isChunked)
      } else {
        nil
      }
    }
  }
}

extension ObjectReader {
  /// The tree at a path of directories; nil where there is none.
  func directory(_ path: [[UInt8]], in root: ObjectID?) throws(Rejection) -> ObjectID? {
    var at = root
    for name in path {
      guard at != nil else { return nil }
      at = try entries(at).first { $0.isTree && $0.name == name }?.id
    }
    return at
  }

  /// The blob of that name in a directory; nil where there is none.
  func file(_ name: [UInt8], in directory: ObjectID) throws(Rejection) -> ObjectID? {
    try entries(directory).first { !$0.isTree && $0.name == name }?.id
  }
}
