/// The content of a `.manifest.json`: into which chunks a large value was cut.
///
/// Canonical JSON like every small object of ours, but of megabytes where the value has gigabytes: it is written and
/// read here byte by byte, without a tree of JSON values in between, so that it costs no more memory than its chunks.
public struct Manifest: Equatable, Sendable {
  /// One piece of the value.
  public struct Chunk: Equatable, Sendable {
    public let digest: ChunkDigest
    public let blob: ObjectID
    /// Bytes.
    public let size: Int

    public init(digest: ChunkDigest, blob: ObjectID, size: Int) {
      self.digest = digest
      self.blob = blob
      self.size = size
    }
  }

  /// No manifest is larger: it names some 90,000 chunks.
  public static let maxBytes = 16 << 20

  /// The manifests of one transaction name no more chunks together: what a program holds in memory is bounded by it.
  public static let maxChunks = 100_000

  /// The refusal of a transaction that names more.
  static let tooManyChunks = Rejection.policy(
    "the transaction names more than \(maxChunks) chunks",
    hint: "make several transactions, or have the policy's chunking.avg raised")

  public let chunking: NamespacePolicy.Chunking
  /// The fingerprint of the whole value.
  public let etag: ETag
  /// In the order of the value; never empty.
  public let chunks: [Chunk]
  /// Bytes of the value.
  public let totalSize: Int

  /// Makes the manifest of chunks that were just cut; whether it is too large shows when it is encoded.
  public init(_ chunks: [Chunk], chunking: NamespacePolicy.Chunking, etag: ETag) {
    self.chunks = chunks
    self.chunking = chunking
    self.etag = etag
    totalSize = chunks.reduce(0) { $0 + $1.size }
  }

  /// Parses canonical bytes. Throws `.attestation` with the key for anything else, and for sizes that cannot be.
  public init(_ bytes: [UInt8], key: Key, format: ObjectFormat) throws(Rejection) {
    func fault(_ text: String) -> Rejection { .attestation("the manifest of \(key.description.quoted) \(text)") }
    guard bytes.count <= Self.maxBytes else { throw fault("has \(bytes.count) bytes, more than \(Self.maxBytes)") }
    var scanner = ManifestScanner(bytes)
    guard let parsed = scanner.manifest(key: key, format: format) else {
      throw fault("is not canonical JSON of its kind, at byte \(scanner.position)")
    }
    (chunking, etag, chunks, totalSize) = parsed
    if let text = sizeFault { throw fault(text) }
  }

  /// What no cut of ours can have made; nil where all is well.
  private var sizeFault: String? {
    guard chunking.isSound else {
      return "has the chunk sizes min \(chunking.min), avg \(chunking.avg), max \(chunking.max)"
    }
    guard let last = chunks.last else { return "names no chunks" }
    let most = chunking.mode == .fixed ? chunking.avg : chunking.max
    let least = chunking.mode == .fixed ? chunking.avg : chunking.min
    for (at, chunk) in chunks.enumerated() where !(1...most).contains(chunk.size) {
      return "says that chunk \(at) has \(chunk.size) bytes"
    }
    for (at, chunk) in chunks.dropLast().enumerated() where chunk.size < least {
      return "says that chunk \(at) has \(chunk.size) bytes, fewer than \(least)"
    }
    // No overflow: each size has its bound, and so has their number.
    let sum = chunks.dropLast().reduce(last.size) { $0 + $1.size }
    return sum == totalSize ? nil : "says total_size \(totalSize), but its chunks have \(sum) bytes"
  }

  /// The canonical bytes.
  public func encode(key: Key) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(200 + key.bytes.count + chunks.count * 210)
    out += "{\"algo\":\"sha256\",\"chunking\":{\"avg\":\(chunking.avg),\"max\":\(chunking.max),\"min\":".utf8
    out += "\(chunking.min),\"mode\":\"\(chunking.mode.rawValue)\"},\"chunks\":[".utf8
    for (at, chunk) in chunks.enumerated() {
      out += "\(at == 0 ? "" : ",")".utf8
      out +=
        "{\"blob_oid\":\"\(chunk.blob.hex)\",\"digest\":\"\(chunk.digest)\",\"i\":\(at),\"size\":\(chunk.size)}".utf8
    }
    let format = chunks.first?.blob.format ?? .sha1
    out += "],\"etype\":\"\(etag.text)\",\"git_hash\":\"\(format.rawValue)\",\"key\":".utf8
    out += CanonicalJSON.line(key.description)
    out += ",\"total_size\":\(totalSize),\"v\":1}\n".utf8
    return out
  }
}
