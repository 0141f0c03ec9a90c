/// V8: the chunks tree grew by the chunks that the transaction's manifests name and the epoch did not have, and by
/// nothing else.
///
/// Like the index, the new tree is not read but computed, from the old one and the manifests: equal ids prove every
/// path, every blob, and that no chunk went away or came unasked.
struct ChunksProof {
  let namespace: Namespace
  let reader: ObjectReader
  /// Takes the trees that are computed; nil lets them go.
  var sink: (any ObjectSink)?
  /// Told of each chunk that is not here, where that is no fault.
  var passOver: ((ObjectID) -> Void)?

  /// A chunk, and the first place that names it.
  private struct Named {
    let blob: ObjectID
    let size: Int
    let key: Key
    let number: Int

    var words: String { "chunk \(number) of \(key.description.quoted)" }
  }

  /// Throws `.attestation`.
  /// - Parameters:
  ///   - old: the chunks tree before; nil where there is none.
  ///   - new: what `KV-Chunks-Tree` names; nil where the transaction has no chunks commit.
  ///   - isDeep: whether digests and etags are computed from the bytes (V10).
  func prove(
    _ manifests: [Key: Manifest], from old: ObjectID?, to new: ObjectID?, isDeep: Bool
  ) throws(Rejection) {
    guard !manifests.isEmpty || new != nil else { return }
    let named = try gather(manifests)
    let there = try ChunksTree.lookup(named.keys, in: old, namespace: namespace, reader: reader)
    for (digest, blob) in there {
      guard let chunk = named[digest], chunk.blob != blob else { continue }
      throw .attestation("\(chunk.words) is blob \(blob) in the chunks tree, but its manifest says \(chunk.blob)")
    }
    let added = named.filter { there[$0.key] == nil }
    guard let new else {
      guard let missing = added.values.first else { return try checkBytes(named, manifests, isDeep) }
      throw .attestation("\(missing.words) is not in the chunks tree, and the transaction has no chunks commit")
    }
    guard !added.isEmpty else { throw .attestation("the chunks commit adds no chunk that a manifest names") }
    let expected = try ChunksTree.add(
      added.mapValues(\.blob), to: old, namespace: namespace, reader: reader, sink: sink ?? NamingSink(reader.format))
    guard expected == new else { throw try mismatch(added, new) }
    try checkBytes(named, manifests, isDeep)
  }

  private func gather(_ manifests: [Key: Manifest]) throws(Rejection) -> [ChunkDigest: Named] {
    var named: [ChunkDigest: Named] = [:]
    for (key, manifest) in manifests {
      for (number, chunk) in manifest.chunks.enumerated() {
        let this = Named(blob: chunk.blob, size: chunk.size, key: key, number: number)
        guard let other = named[chunk.digest] else {
          named[chunk.digest] = this
          continue
        }
        guard other.blob == this.blob, other.size == this.size else {
          throw .attestation("\(this.words) and \(other.words) have the same digest but not the same blob and size")
        }
      }
    }
    return named
  }

  /// Finds the words for a chunks tree that is not the one that is due.
  private func mismatch(_ added: [ChunkDigest: Named], _ new: ObjectID) throws(Rejection) -> Rejection {
    // A clone may lack the tree that it can name.
    guard try reader.read([.info(new.hex)])[0] != nil else {
      return .attestation("the chunks tree \(new) is not the one that the manifests demand")
    }
    let found = try ChunksTree.lookup(added.keys, in: new, namespace: namespace, reader: reader)
    for (digest, chunk) in added {
      guard let blob = found[digest] else { return .attestation("\(chunk.words) is not in the chunks tree") }
      if blob != chunk.blob {
        return .attestation("\(chunk.words) is blob \(blob) in the chunks tree, but its manifest says \(chunk.blob)")
      }
    }
    return .attestation("the chunks tree holds a change that no manifest explains, or its layout is not canonical")
  }

  private func checkBytes(
    _ named: [ChunkDigest: Named], _ manifests: [Key: Manifest], _ isDeep: Bool
  ) throws(Rejection) {
    let all = Array(named.values)
    try reader.read(all.map { .info($0.blob.hex) }) { (at, reply) throws(Rejection) in
      if reply == nil, let passOver { return passOver(all[at].blob) }
      guard let reply, reply.kind == .blob else {
        throw .attestation("\(all[at].words) is not a blob that is here: \(all[at].blob)")
      }
      if reply.size != all[at].size {
        throw .attestation("\(all[at].words) has \(reply.size) bytes, but its manifest says \(all[at].size)")
      }
    }
    guard isDeep else { return }
    for (key, manifest) in manifests { try ChunkStream(reader: reader, key: key).read(manifest) { _ in } }
  }
}
