import KVShared

/// What is told of one version of a value without its bytes.
struct ValueFacts: Encodable {
  /// The value's blob, or its manifest's.
  let blob: String
  let ctype: String
  let etag: String
  /// Bytes of the value.
  let size: Int
  let ttl: String?
  let type: String

  /// Reads those of many versions at once, in their order. Throws `.io` for an object that is missing, `.attestation` for
  /// a malformed one.
  static func read(_ versions: [(key: Key, slot: LedgerTree.Slot)], _ reader: ObjectReader) throws(Rejection) -> [Self]
  {
    var facts: [Self] = []
    facts.reserveCapacity(versions.count)
    var requests: [ObjectRequest] = []
    for (_, slot) in versions {
      requests.append(.contents(slot.meta.hex))
      requests.append(slot.isChunked ? .contents(slot.data.hex) : .info(slot.data.hex))
    }
    var meta: Metadata?
    try reader.read(requests) { (at, reply) throws(Rejection) in
      let (key, slot) = versions[at / 2]
      guard let reply, reply.kind == .blob else {
        throw .io(
          "an object of \(key.description.quoted) is missing here: \(at % 2 == 0 ? slot.meta : slot.data)",
          hint: "run 'git fsck', and fetch again")
      }
      guard at % 2 == 1, let known = meta else {
        meta = try Metadata(reply.bytes, key: key)
        return
      }
      facts.append(try Self(key, slot, known, reply, reader.format))
    }
    return facts
  }

  private init(
    _ key: Key, _ slot: LedgerTree.Slot, _ meta: Metadata, _ data: ObjectReply, _ format: ObjectFormat
  ) throws(Rejection) {
    blob = slot.data.hex
    ctype = meta.ctype
    etag = meta.etag
    size = slot.isChunked ? try Manifest(data.bytes, key: key, format: format).totalSize : data.size
    ttl = meta.ttl
    type = slot.isChunked ? "chunked" : "inline"
  }

  /// The etag's algorithm and first digits.
  var shortETag: String {
    guard let colon = etag.firstIndex(of: ":") else { return etag }
    return String(etag[...colon] + etag[etag.index(after: colon)...].prefix(12))
  }
}
