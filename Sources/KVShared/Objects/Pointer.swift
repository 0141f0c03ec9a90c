/// The content of an index `.ref` file: what a listing needs to know of one key.
public struct Pointer: Codable, Equatable, Sendable {
  public enum Kind: String, Codable, Sendable {
    case inline, chunked, deleted
  }

  /// No pointer is larger: a key of 1,024 bytes, each escaped, and fields of known length.
  static let maxBytes = 16 << 10

  public let v: Int
  public let key: String
  public let type: Kind
  /// The value's blob, in hex; null for chunked and deleted keys.
  public let ledgerBlob: String?
  /// The manifest's blob, in hex; null for inline and deleted keys.
  public let manifestBlob: String?
  /// Bytes of the value.
  public let size: Int
  public let ctype: String?
  public let ttl: String?
  public let etag: String?

  /// Makes the pointer of a value that stands in the ledger itself.
  public init(inline key: Key, blob: ObjectID, size: Int, meta: Metadata) {
    self.init(
      key: key, type: .inline, ledgerBlob: blob.hex, size: size, ctype: meta.ctype, ttl: meta.ttl, etag: meta.etag)
  }

  /// Makes the pointer of a value that stands in chunks.
  public init(chunked key: Key, manifest: ObjectID, size: Int, meta: Metadata) {
    self.init(
      key: key, type: .chunked, manifestBlob: manifest.hex, size: size, ctype: meta.ctype, ttl: meta.ttl,
      etag: meta.etag)
  }

  /// Makes the pointer that remembers a deleted key.
  public init(tombstone key: Key) {
    self.init(key: key, type: .deleted, size: 0, ctype: nil, ttl: nil, etag: nil)
  }

  private init(
    key: Key, type: Kind, ledgerBlob: String? = nil, manifestBlob: String? = nil, size: Int, ctype: String?,
    ttl: String?, etag: String?
  ) {
    v = 1
    self.key = key.description
    self.type = type
    self.ledgerBlob = ledgerBlob
    self.manifestBlob = manifestBlob
    self.size = size
    self.ctype = ctype
    self.ttl = ttl
    self.etag = etag
  }

  public func isExpired(at now: Timestamp) -> Bool {
    ttl.flatMap(Timestamp.init).map { $0 <= now } ?? false
  }

  private enum CodingKeys: String, CodingKey {
    case v, key, type, size, ctype, ttl, etag
    case ledgerBlob = "ledger_blob"
    case manifestBlob = "manifest_blob"
  }

  // The two blob fields are written as null where there is none; the optional ones are left out.
  public func encode(to encoder: any Encoder) throws {
    var out = encoder.container(keyedBy: CodingKeys.self)
    try out.encode(v, forKey: .v)
    try out.encode(key, forKey: .key)
    try out.encode(type, forKey: .type)
    try out.encode(ledgerBlob, forKey: .ledgerBlob)
    try out.encode(manifestBlob, forKey: .manifestBlob)
    try out.encode(size, forKey: .size)
    try out.encodeIfPresent(ctype, forKey: .ctype)
    try out.encodeIfPresent(ttl, forKey: .ttl)
    try out.encodeIfPresent(etag, forKey: .etag)
  }
}
