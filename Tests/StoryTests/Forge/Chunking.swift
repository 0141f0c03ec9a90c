/// How a chunked value is cut: what its manifest says of it, and the sizes it is really cut into.
///
/// The sizes have nothing to do with the content: the contract asks of the server only that they obey the manifest.
struct Cut: Sendable, Equatable {
  var mode = "fastcdc"
  var min = 64
  var avg = 1000
  var max = 2000
  /// Taken in turn, over and over; the last chunk is what is left. Empty: `avg` each.
  var sizes: [Int] = []

  var json: JSON {
    .object([
      "mode": .string(mode), "min": .number("\(min)"), "avg": .number("\(avg)"), "max": .number("\(max)"),
    ])
  }

  func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      let size = sizes.isEmpty ? avg : sizes[pieces.count % sizes.count]
      pieces.append(Array(bytes[at..<Swift.min(at + size, bytes.count)]))
      at += size
    }
    return pieces
  }
}

/// One chunk as a manifest names it.
struct Chunk: Sendable {
  let bytes: [UInt8]
  /// 64 hex digits.
  let digest: String
  let id: String

  init(_ bytes: [UInt8], _ format: ObjectFormat) {
    (self.bytes, digest, id) = (bytes, Digest.hex(Digest.sha256(bytes)), format.id("blob", bytes))
  }

  func json(_ i: Int) -> JSON {
    .object([
      "i": .number("\(i)"), "size": .number("\(bytes.count)"), "digest": .string("sha256:\(digest)"),
      "blob_oid": .string(id),
    ])
  }
}

extension Value {
  /// A value of so many bytes that do not repeat, in chunks; another seed gives other bytes.
  init(noise count: Int, seed: UInt64 = 1, _ cut: Cut = Cut()) {
    // George Marsaglia, "Xorshift RNGs", 2003.
    var x = 0x9e37_79b9_7f4a_7c15 &* (seed &+ 1)
    let bytes = (0..<count).map { _ in
      x ^= x << 13
      x ^= x >> 7
      x ^= x << 17
      return UInt8(truncatingIfNeeded: x >> 24)
    }
    self.init(bytes, cut)
  }

  init(_ bytes: [UInt8], _ cut: Cut) {
    self.init(bytes)
    self.cut = cut
  }

  /// The same with the etag that its bytes have, which `verify: deep` looks at.
  var proven: Value {
    var value = self
    value.etag = "blake2b:" + Digest.hex(BLAKE2b.hash(bytes))
    return value
  }

  /// None for an inline value.
  func chunks(_ format: ObjectFormat) -> [Chunk] { cut?.pieces(bytes).map { Chunk($0, format) } ?? [] }

  /// Nil for an inline value.
  func manifest(_ key: String, _ format: ObjectFormat) -> JSON? {
    guard let cut else { return nil }
    return .object([
      "v": .number("1"), "key": .string(key), "algo": .string("sha256"), "git_hash": .string(format.rawValue),
      "etype": .string(etag), "total_size": .number("\(bytes.count)"), "chunking": cut.json,
      "chunks": .array(chunks(format).enumerated().map { $1.json($0) }),
    ])
  }
}

extension Names {
  static func manifest(_ ns: String, _ key: [UInt8]) -> String { data(ns, key) + ".manifest.json" }

  /// Where the chunk of a digest stands in the chunks tree.
  static func chunk(_ ns: String, _ digest: String) -> String {
    "kv/\(ns)/chunks/sha256/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
  }
}
