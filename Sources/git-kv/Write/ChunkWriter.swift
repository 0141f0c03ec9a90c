import KVShared

/// Cuts a value into chunks and stores those that the epoch does not have, in one pass and in bounded memory.
///
/// Two windows of the value take turns: while one is read, cut and fed to the etag, the chunks of the other are
/// digested, looked up and packed on a second thread.
final class ChunkWriter {
  private let chunking: NamespacePolicy.Chunking
  private let store: ObjectStore
  private let known: (tree: ObjectID, reader: ObjectReader)?
  private let namespace: Namespace
  private let hasher: ObjectHasher
  /// What was kept so far.
  private(set) var chunks: [Manifest.Chunk] = []
  private var failure: Rejection?

  /// Bytes of a window beyond the largest chunk.
  private static let windowBytes = 4 << 20

  /// - Parameter base: the chunks that the epoch has.
  init(_ rules: NamespacePolicy, _ namespace: Namespace, base: ChunksBase, store: ObjectStore) {
    chunking = rules.chunking
    self.store = store
    self.namespace = namespace
    known = base.tip.map { ($0.tree, base.reader) }
    hasher = ObjectHasher(store.format)
  }

  /// What became of a value.
  struct Outcome {
    let chunks: [Manifest.Chunk]
    let etag: ETag
  }

  /// Reads a value to its end.
  /// - Parameters:
  ///   - limit: bytes; throws `.policy` as soon as there are more.
  ///   - meter: is told of the bytes read.
  func write(
    _ input: ValueInput, etag algorithm: ETagAlgorithm, limit: Int, tooLarge: Rejection, meter: ByteMeter
  ) throws(Rejection) -> Outcome {
    let size = chunking.max + Self.windowBytes
    let windows = (0..<2).map { _ in UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64) }
    defer { for window in windows { window.deallocate() } }
    let chunker = Chunker(chunking)
    var etag = ETag.Hasher(algorithm)
    var companion: Companion? = nil
    func settle() throws(Rejection) {
      companion.take()?.wait()
      if let failure { throw failure }
    }
    var total = 0
    var carried = 0
    var turn = 0
    var isLast = false
    // What the second thread does must end before the windows go, also when this one fails.
    defer { companion.take()?.wait() }
    while !isLast {
      let window = windows[turn]
      let free = UnsafeMutableRawBufferPointer(rebasing: window[carried...])
      let got = try input.read(into: free)
      isLast = got < free.count
      total += got
      guard total <= limit else { throw tooLarge }
      let filled = carried + got
      var cuts: [Range<Int>] = []
      var at = 0
      while at < filled, isLast || filled - at >= chunking.max {
        let length = chunker.cut(UnsafeRawBufferPointer(rebasing: window[at..<filled]))
        cuts.append(at..<(at + length))
        at += length
      }
      etag.update(UnsafeRawBufferPointer(rebasing: window[..<at]))
      try settle()
      // The other window is free now: the rest of this one moves there.
      carried = filled - at
      let other = windows[1 - turn]
      other.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[at..<filled]))
      let pieces = cuts.map { UnsafeRawBufferPointer(rebasing: window[$0]) }
      companion = Companion { [self] in keep(pieces) }
      turn = 1 - turn
      meter.show(total)
    }
    try settle()
    return Outcome(chunks: chunks, etag: etag.finalize())
  }

  /// Takes the next chunk of a value that was cut before.
  func add(_ chunk: [UInt8]) throws(Rejection) {
    chunk.withUnsafeBytes { keep([$0]) }
    if let failure { throw failure }
  }

  /// Digests some chunks and stores the new ones.
  private func keep(_ pieces: [UnsafeRawBufferPointer]) {
    do throws(Rejection) {
      let digests = pieces.map { ChunkDigest(of: $0) }
      let there = try known.map { (tree, reader) throws(Rejection) in
        try ChunksTree.lookup(digests, in: tree, namespace: namespace, reader: reader)
      }
      for (bytes, digest) in zip(pieces, digests) {
        let blob = hasher.id(.blob, bytes)
        if let other = there?[digest] {
          // The Stargate proves the bytes of a chunk at `verify: deep` alone.
          guard other == blob else {
            throw .attestation(
              "the chunk \(digest) of the store does not have the bytes of its name", hint: "tell the store's admins")
          }
        } else {
          try store.store(blob: blob, bytes)
        }
        chunks.append(Manifest.Chunk(digest: digest, blob: blob, size: bytes.count))
      }
    } catch {
      failure = error
    }
  }
}
