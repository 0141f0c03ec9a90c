import KVShared

/// What is measured; the names are those of the output.
enum Algorithm: String, CaseIterable {
  case chunker, blake3, blake2b, sha256, sha1, crc32, adler32

  /// Runs over the bytes and says what came out.
  func run(_ bytes: UnsafeRawBufferPointer) -> String {
    switch self {
    case .chunker: return "\(chunks(bytes)) chunks"
    case .blake3: return etag(bytes, .blake3)
    case .blake2b: return etag(bytes, .blake2b)
    case .sha256: return "\(ChunkDigest(of: bytes))"
    case .sha1: return "\(ObjectHasher(.sha1).id(.blob, bytes))"
    case .crc32:
      var sum = CRC32()
      sum.update(bytes)
      return "\(sum.value)"
    case .adler32:
      var sum = Adler32()
      sum.update(bytes)
      return "\(sum.value)"
    }
  }

  /// Cuts with the sizes that a policy has by default.
  private func chunks(_ bytes: UnsafeRawBufferPointer) -> Int {
    let chunker = Chunker(NamespacePolicy.Chunking())
    var (count, at) = (0, 0)
    while at < bytes.count {
      at += chunker.cut(UnsafeRawBufferPointer(rebasing: bytes[at...]))
      count += 1
    }
    return count
  }

  private func etag(_ bytes: UnsafeRawBufferPointer, _ algorithm: ETagAlgorithm) -> String {
    var hasher = ETag.Hasher(algorithm)
    hasher.update(bytes)
    return hasher.finalize().text
  }
}
