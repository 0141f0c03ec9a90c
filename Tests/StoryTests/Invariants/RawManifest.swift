/// A manifest taken apart by the contract's rules; what it names is looked at elsewhere.
struct RawManifest: Sendable {
  struct Chunk: Sendable, Hashable {
    /// 64 hex digits.
    let digest: String
    let blob: String
    let size: Int
  }

  let key: String
  let etag: String
  let size: Int
  let chunks: [Chunk]

  /// Nil where the bytes are not canonical or any rule is broken.
  init?(_ bytes: [UInt8], _ format: ObjectFormat) {
    guard bytes.count <= 16 << 20, let json = JSON(bytes), Array((json.text + "\n").utf8) == bytes,
      json.keys == ["algo", "chunking", "chunks", "etype", "git_hash", "key", "total_size", "v"],
      json["v"] == .number("1"), json["algo"]?.string == "sha256", json["git_hash"]?.string == format.rawValue,
      let key = json["key"]?.string, let etag = json["etype"]?.string, let size = Self.count(json["total_size"]),
      let sizes = json["chunking"], sizes.keys == ["avg", "max", "min", "mode"], let mode = sizes["mode"]?.string,
      ["fastcdc", "fixed"].contains(mode), let least = Self.count(sizes["min"]), let avg = Self.count(sizes["avg"]),
      let most = Self.count(sizes["max"]), least >= 64, least <= avg, avg <= most, most <= 16 << 20,
      case .array(let list)? = json["chunks"], !list.isEmpty
    else { return nil }
    var chunks: [Chunk] = []
    for (i, entry) in list.enumerated() {
      guard entry.keys == ["blob_oid", "digest", "i", "size"], entry["i"] == .number("\(i)"),
        let blob = Self.hex(entry["blob_oid"]?.string, format.width), let name = entry["digest"]?.string,
        name.hasPrefix("sha256:"), let digest = Self.hex(String(name.dropFirst(7)), 64),
        let size = Self.count(entry["size"])
      else { return nil }
      let isLast = i == list.count - 1
      let allowed =
        mode == "fixed" ? (isLast ? 1 : avg)...avg : (isLast ? 1 : least)...most
      guard allowed.contains(size) else { return nil }
      chunks.append(Chunk(digest: digest, blob: blob, size: size))
    }
    // No more than 2^24 chunks of at most 2^24 bytes each: the sum is far from overflow.
    guard chunks.reduce(0, { $0 + $1.size }) == size else { return nil }
    (self.key, self.etag, self.size, self.chunks) = (key, etag, size, chunks)
  }

  /// A number written as an integer is written, and above zero.
  private static func count(_ json: JSON?) -> Int? {
    guard let n = json?.int, n > 0, json == .number("\(n)") else { return nil }
    return n
  }

  private static func hex(_ text: String?, _ width: Int) -> String? {
    guard let text, text.utf8.count == width, text.utf8.allSatisfy(Alphabet.hex.contains) else { return nil }
    return text
  }
}
