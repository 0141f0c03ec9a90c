/// Walks along the bytes of a manifest and takes exactly what `Manifest.encode` writes.
struct ManifestScanner {
  private let bytes: [UInt8]
  /// Where the walk stands, or stopped.
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Returns the parts of a manifest; nil at the first byte that is not canonical.
  mutating func manifest(key: Key, format: ObjectFormat) -> (
    NamespacePolicy.Chunking, ETag, [Manifest.Chunk], totalSize: Int
  )? {
    var chunking = NamespacePolicy.Chunking()
    guard take("{\"algo\":\"sha256\",\"chunking\":{\"avg\":"), let avg = integer(), take(",\"max\":"),
      let max = integer(), take(",\"min\":"), let min = integer(), take(",\"mode\":\""),
      let mode = text().flatMap(NamespacePolicy.Chunking.Mode.init), take("\"},\"chunks\":[")
    else { return nil }
    (chunking.mode, chunking.min, chunking.avg, chunking.max) = (mode, min, avg, max)
    var chunks: [Manifest.Chunk] = []
    while !take("]") {
      guard chunks.isEmpty || take(","), let chunk = chunk(chunks.count, format) else { return nil }
      chunks.append(chunk)
    }
    guard take(",\"etype\":\""), let etag = text().flatMap(ETag.init),
      take("\",\"git_hash\":\"\(format.rawValue)\",\"key\":"), take(CanonicalJSON.line(key.description)),
      take(",\"total_size\":"), let total = integer(), take(",\"v\":1}\n"), position == bytes.count
    else { return nil }
    return (chunking, etag, chunks, total)
  }

  private mutating func chunk(_ number: Int, _ format: ObjectFormat) -> Manifest.Chunk? {
    guard take("{\"blob_oid\":\""), let blob = ObjectID(hex: digits(format.hexCount)), take("\",\"digest\":\"sha256:"),
      let digest = ChunkDigest(hex: digits(64)), take("\",\"i\":\(number),\"size\":"), let size = integer(), take("}")
    else { return nil }
    return Manifest.Chunk(digest: digest, blob: blob, size: size)
  }

  private mutating func take(_ literal: String) -> Bool {
    var literal = literal
    return literal.withUTF8 { take($0) }
  }

  private mutating func take(_ literal: some Collection<UInt8>) -> Bool {
    guard bytes[position...].starts(with: literal) else { return false }
    position += literal.count
    return true
  }

  /// A decimal number without sign or leading zeros, of at most 18 digits.
  private mutating func integer() -> Int? {
    let digits = bytes[position...].prefix { $0.isDigit }
    guard (1...18).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    position += digits.count
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private mutating func digits(_ count: Int) -> ArraySlice<UInt8> {
    let found = bytes[position...].prefix(count)
    position += found.count
    return found
  }

  /// Up to the next quotation mark.
  private mutating func text() -> String? {
    let found = bytes[position...].prefix { $0 != UInt8(ascii: "\"") }
    position += found.count
    return String(validating: found, as: UTF8.self)
  }
}
