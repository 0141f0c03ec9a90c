/// The canonical metadata of one version of a value, the content of a `.meta` file.
public struct Metadata: Codable, Equatable, Sendable {
  public static let maxBytes = 4096

  public let v: Int
  /// The media type: 1 to 255 bytes of printable ASCII.
  public let ctype: String
  public let etag: String
  /// The writer: 1 to 256 bytes without control characters.
  public let createdBy: String
  public let createdAt: String
  /// When the value expires; absent for never.
  public let ttl: String?

  private enum CodingKeys: String, CodingKey {
    case v, ctype, etag, ttl
    case createdBy = "created_by"
    case createdAt = "created_at"
  }

  /// Throws `.usage` for a media type or writer that the format does not hold.
  public init(
    ctype: String, etag: ETag, createdBy: String, createdAt: Timestamp, ttl: Timestamp?
  ) throws(Rejection) {
    v = 1
    self.ctype = ctype
    self.etag = etag.text
    self.createdBy = createdBy
    self.createdAt = createdAt.description
    self.ttl = ttl?.description
    if let fault { throw .usage("metadata: \(fault)") }
  }

  /// Parses canonical bytes of a well-formed record; throws `.attestation` with the key for anything else.
  public init(_ bytes: [UInt8], key: Key) throws(Rejection) {
    guard let meta = CanonicalJSON.decode(Metadata.self, bytes) else {
      throw .attestation("metadata of \(key.description.quoted) is not canonical JSON of its kind")
    }
    if let fault = meta.fault { throw .attestation("metadata of \(key.description.quoted): \(fault)") }
    self = meta
  }

  /// When the version was made.
  public var creation: Timestamp? { Timestamp(createdAt) }
  public var expiry: Timestamp? { ttl.flatMap(Timestamp.init) }

  /// Says whether the value has expired at the given instant.
  public func isExpired(at now: Timestamp) -> Bool { expiry.map { $0 <= now } ?? false }

  private var fault: String? {
    if v != 1 { return "unknown version \(v)" }
    if !(1...255).contains(ctype.utf8.count) || !ctype.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
      return "ctype \(ctype.quoted) is not 1 to 255 bytes of printable ASCII"
    }
    if ETag(etag) == nil { return "etag \(etag.quoted) is malformed" }
    if !(1...256).contains(createdBy.utf8.count) || createdBy.unicodeScalars.contains(where: \.isLineOrControl) {
      return "created_by is not 1 to 256 bytes without control characters"
    }
    guard let creation else { return "created_at \(createdAt.quoted) is not an RFC 3339 UTC instant" }
    if let ttl {
      guard let expiry else { return "ttl \(ttl.quoted) is not an RFC 3339 UTC instant" }
      if expiry <= creation { return "ttl \(ttl) is not after created_at \(createdAt)" }
    }
    return nil
  }
}

extension Unicode.Scalar {
  /// C0 and C1 controls, DEL, and the two separators that break lines.
  fileprivate var isLineOrControl: Bool {
    value < 0x20 || (0x7f...0x9f).contains(value) || value == 0x2028 || value == 0x2029
  }
}
