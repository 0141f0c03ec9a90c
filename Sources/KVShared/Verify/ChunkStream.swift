/// Reads a value from its chunks and proves it on the way: every chunk's size and digest, at the end the etag.
public struct ChunkStream {
  /// What to do about a chunk that is not as it should be; the server leaves it to the usual words.
  public struct Hints: Sendable {
    public var missing = ""
    public var damaged = ""

    public init() {}
  }

  let reader: ObjectReader
  let key: Key
  let hints: Hints

  public init(reader: ObjectReader, key: Key, hints: Hints = Hints()) {
    self.reader = reader
    self.key = key
    self.hints = hints
  }

  /// Hands the value over, chunk by chunk; the last one only when the etag is right.
  /// Throws `.attestation` that names the key and the chunk, `.io` for a chunk that is not here, and what `each` throws.
  public func read(
    _ manifest: Manifest, each: (UnsafeRawBufferPointer) throws(Rejection) -> Void
  ) throws(Rejection) {
    var etag = ETag.Hasher(manifest.etag.algorithm)
    try read(manifest, chunks: 0..<manifest.chunks.count) { (at, bytes) throws(Rejection) in
      etag.update(bytes)
      if at == manifest.chunks.count - 1 {
        guard etag.finalize() == manifest.etag else {
          throw .attestation("etag of \(key.description.quoted) is not that of its bytes", hint: hints.damaged)
        }
      }
      try each(bytes)
    }
  }

  /// Hands some chunks over, with their numbers, each proved by its digest.
  public func read(
    _ manifest: Manifest, chunks: Range<Int>, each: (Int, UnsafeRawBufferPointer) throws(Rejection) -> Void
  ) throws(Rejection) {
    let usual = reader.blobBytes
    reader.blobBytes = Chunker.sizes.upperBound
    defer { reader.blobBytes = usual }
    // Stopped early, git would still have the rest to say: waves stay small.
    var next = chunks.lowerBound
    while next < chunks.upperBound {
      let wave = next..<min(next + Self.waveChunks, chunks.upperBound)
      next = wave.upperBound
      var failure: Rejection?
      var number = wave.lowerBound
      do throws(Rejection) {
        try reader.read(wave.map { .contents(manifest.chunks[$0].blob.hex) }) { at, reply in
          number = wave.lowerBound + at + 1
          if failure == nil { failure = take(reply, manifest, wave.lowerBound + at, each) }
        }
      } catch {
        // git ends at an object whose bytes it cannot unpack.
        throw .io("\(name(number)) cannot be read: \(error.message)", hint: hints.damaged)
      }
      if let failure { throw failure }
    }
  }

  private func take(
    _ reply: ObjectReply?, _ manifest: Manifest, _ number: Int,
    _ each: (Int, UnsafeRawBufferPointer) throws(Rejection) -> Void
  ) -> Rejection? {
    do throws(Rejection) {
      let bytes = try check(reply, manifest.chunks[number], number)
      return bytes.withUnsafeBytes { buffer in
        do throws(Rejection) {
          try each(number, buffer)
          return nil
        } catch {
          return error
        }
      }
    } catch {
      return error
    }
  }

  private func name(_ number: Int) -> String { "chunk \(number) of \(key.description.quoted)" }

  private static let waveChunks = 64

  private func check(
    _ reply: ObjectReply?, _ chunk: Manifest.Chunk, _ number: Int
  ) throws(Rejection) -> [UInt8] {
    let what = name(number)
    guard let reply else { throw .io("\(what) is missing here: \(chunk.blob)", hint: hints.missing) }
    guard reply.kind == .blob, reply.size == chunk.size, reply.bytes.count == chunk.size else {
      throw .attestation(
        "\(what) is a \(reply.kind) of \(reply.size) bytes, but its manifest says \(chunk.size)",
        hint: hints.damaged)
    }
    guard reply.bytes.withUnsafeBytes({ ChunkDigest(of: $0) }) == chunk.digest else {
      throw .attestation("\(what) does not have the digest its manifest names, \(chunk.digest)", hint: hints.damaged)
    }
    return reply.bytes
  }
}
