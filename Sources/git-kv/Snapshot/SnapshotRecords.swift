import KVShared

/// The first line of a snapshot: what it is of. It names nothing that could differ between stores of equal content.
struct SnapshotHeader: Codable, Equatable {
  static let format = "git-kv snapshot"
  static let version = 1

  let format: String
  let v: Int
  let ns: String
  let epoch: String
  let objectFormat: String
  /// Only keys that begin with it are there; absent for all.
  let prefix: String?

  private enum CodingKeys: String, CodingKey {
    case format, v, ns, epoch, prefix
    case objectFormat = "object_format"
  }

  init(_ namespace: Namespace, _ epoch: EpochLabel, _ objectFormat: ObjectFormat, prefix: String) {
    format = Self.format
    v = Self.version
    ns = namespace.name
    self.epoch = epoch.name
    self.objectFormat = objectFormat.rawValue
    self.prefix = prefix.isEmpty ? nil : prefix
  }
}

/// The line of one key: its metadata, and its value or how many lines of chunks follow.
struct SnapshotEntry: Codable {
  struct Chunking: Codable {
    let mode: String
    let min: Int
    let avg: Int
    let max: Int
  }

  let key: String
  let ctype: String
  let etag: String
  let createdBy: String
  let createdAt: String
  let ttl: String?
  /// Bytes of the value.
  let size: Int
  var value: String?
  var valueBase64: String?
  /// How many lines of chunks follow.
  var chunked: Int?
  var chunking: Chunking?
  /// The file below `--values-dir` that has the bytes.
  var file: String?

  private enum CodingKeys: String, CodingKey {
    case key, ctype, etag, ttl, size, value, chunked, chunking, file
    case createdBy = "created_by"
    case createdAt = "created_at"
    case valueBase64 = "value_b64"
  }

  init(_ found: FoundValue) {
    key = found.key.description
    ctype = found.meta.ctype
    etag = found.meta.etag
    createdBy = found.meta.createdBy
    createdAt = found.meta.createdAt
    ttl = found.meta.ttl
    size = found.size
    switch found.content {
    case .inline(let reply):
      value = String(validating: reply.bytes, as: UTF8.self)
      if value == nil { valueBase64 = Base64.string(reply.bytes) }
    case .chunked(let manifest, _):
      let cut = manifest.chunking
      chunked = manifest.chunks.count
      chunking = Chunking(mode: cut.mode.rawValue, min: cut.min, avg: cut.avg, max: cut.max)
    }
  }
}

/// The line of one chunk: its bytes, or how many of them come next in the value's file.
struct SnapshotChunk: Codable {
  let i: Int
  var dataBase64: String?
  var size: Int?

  private enum CodingKeys: String, CodingKey {
    case i, size
    case dataBase64 = "data_b64"
  }
}

/// The last line of a snapshot, without which it is cut.
struct SnapshotEnd: Codable {
  /// The ledger tree that holds these keys and no others, in hex; absent where keys were left out.
  let content: String?
  /// Keys.
  let count: Int
  /// `blake3:` and the hash, in hex, of every byte before its own first digit.
  let digest: String
  let end: Bool

  static let prefix = "blake3:"
  private static let rest = "\",\"end\":true}\n"
  private static let digits = 64

  /// How many bytes of the line the digest covers.
  static func covered(of line: ArraySlice<UInt8>) -> Int { line.count - digits - rest.utf8.count }

  /// The line as far as the digest covers it, and what follows.
  static func line(content: ObjectID?, count: Int) -> (covered: [UInt8], finish: (String) -> [UInt8]) {
    let tree = content.map { "\"content\":\"\($0)\"," } ?? ""
    return (Array("{\(tree)\"count\":\(count),\"digest\":\"\(prefix)".utf8), { Array(($0 + rest).utf8) })
  }
}
