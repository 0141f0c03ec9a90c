/// What a new epoch begins with (DESIGN §9): the sealed index less its tombstones, and the chunks that live manifests
/// need, no more.
///
/// Both are functions of the sealed index alone, whose pointers were proved one by one as they came. Client and verifier
/// compute the same trees: equal ids prove that no key and no chunk went away, and that no tombstone stayed.
public struct EpochContent {
  public let indexTree: ObjectID
  /// nil where no live value stands in chunks.
  public let chunksTree: ObjectID?
  /// How many keys go on.
  public let keys: Int
  /// How many tombstones do not.
  public let tombstones: Int

  /// Computes it, and stores the trees. Throws `.attestation` where the sealed index cannot be read.
  /// - Parameters:
  ///   - index: the tree of the last index commit.
  ///   - chunks: takes the trees of chunks.
  public init(
    of index: ObjectID, namespace: Namespace, reader: ObjectReader, sink: any ObjectSink, chunks: any ObjectSink
  ) throws(Rejection) {
    let found = try IndexTree.list(prefix: [], in: index, namespace: namespace, reader: reader)
    reader.forgetTrees()
    var live: [Key: ObjectID] = [:]
    live.reserveCapacity(found.count)
    var manifests: [(key: Key, blob: ObjectID)] = []
    try reader.read(found.map { .contents($0.blob.hex) }) { (at, reply) throws(Rejection) in
      let key = try Key(bytes: found[at].key)
      guard let reply, let pointer = CanonicalJSON.decodeProved(Pointer.self, reply.bytes) else {
        throw .attestation("the pointer of \(key.description.quoted) is missing or malformed")
      }
      if pointer.type == .deleted { return }
      live[key] = found[at].blob
      guard pointer.type == .chunked else { return }
      guard let manifest = pointer.manifestBlob.flatMap({ ObjectID($0) }) else {
        throw .attestation("the pointer of \(key.description.quoted) names no manifest")
      }
      manifests.append((key, manifest))
    }
    keys = live.count
    tombstones = found.count - live.count
    indexTree = try IndexTree.apply(live, to: nil, namespace: namespace, reader: reader, sink: sink)
    let needed = try Self.chunks(of: manifests, reader)
    chunksTree =
      needed.isEmpty
      ? nil : try ChunksTree.add(needed, to: nil, namespace: namespace, reader: reader, sink: chunks)
  }

  private static func chunks(
    of manifests: [(key: Key, blob: ObjectID)], _ reader: ObjectReader
  ) throws(Rejection) -> [ChunkDigest: ObjectID] {
    let usual = reader.blobBytes
    reader.blobBytes = max(usual, Manifest.maxBytes)
    defer { reader.blobBytes = usual }
    var needed: [ChunkDigest: ObjectID] = [:]
    try reader.read(manifests.map { .contents($0.blob.hex) }) { (at, reply) throws(Rejection) in
      let key = manifests[at].key
      guard let reply else { throw .attestation("the manifest of \(key.description.quoted) is missing") }
      for chunk in try Manifest(reply.bytes, key: key, format: reader.format).chunks {
        guard needed.updateValue(chunk.blob, forKey: chunk.digest) ?? chunk.blob == chunk.blob else {
          throw .attestation("a chunk of \(key.description.quoted) is another blob than elsewhere: \(chunk.blob)")
        }
      }
    }
    return needed
  }
}
