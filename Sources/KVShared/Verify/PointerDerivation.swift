/// Derives from the ledger alone what the index has to say of each changed key, and which chunks it needs.
public struct PointerDerivation {
  let policy: KeyPolicy
  /// V10: etags are computed from the bytes.
  let isDeep: Bool
  let reader: ObjectReader
  /// How many chunks all manifests together may name.
  var maxChunks = Manifest.maxChunks

  /// - Parameter isDeep: computes the etags of inline values from the bytes and compares (V10).
  public init(policy: KeyPolicy, isDeep: Bool, reader: ObjectReader) {
    self.policy = policy
    self.isDeep = isDeep
    self.reader = reader
  }

  /// What changed keys demand.
  public struct Demand {
    public var pointers: [Key: Pointer] = [:]
    /// Of the keys in chunks.
    public var manifests: [Key: Manifest] = [:]
  }

  private typealias Live = (key: Key, slot: LedgerTree.Slot)

  /// Checks values, manifests and metadata on the way. Throws `.attestation` or `.policy`.
  public func demand(of changes: [KeyChange]) throws(Rejection) -> Demand {
    var demand = Demand()
    demand.pointers.reserveCapacity(changes.count)
    var inline: [Live] = []
    var chunked: [Live] = []
    for change in changes {
      if let slot = change.after {
        try policy.check(change.key)
        if slot.isChunked { chunked.append((change.key, slot)) } else { inline.append((change.key, slot)) }
      } else {
        demand.pointers[change.key] = Pointer(tombstone: change.key)
      }
    }
    try takeValues(inline, &demand)
    try takeManifests(chunked, &demand)
    return demand
  }

  private func takeValues(_ live: [Live], _ demand: inout Demand) throws(Rejection) {
    // Few values are asked for with their bytes at once; many are first asked for their sizes.
    let sizes = live.count <= Self.fewKeys ? nil : try sizes(of: live)
    try read(live, "value", withBytes: sizes?.map(wantsBytes)) { (key, slot, blob, meta) throws(Rejection) in
      try policy.check(key, size: blob.size, meta: meta, bytes: blob.bytes)
      if isDeep { try checkETag(key, meta, blob.bytes) }
      demand.pointers[key] = Pointer(inline: key, blob: slot.data, size: blob.size, meta: meta)
    }
  }

  private func takeManifests(_ live: [Live], _ demand: inout Demand) throws(Rejection) {
    guard !live.isEmpty else { return }
    var chunks = 0
    let usual = reader.blobBytes
    reader.blobBytes = max(usual, Manifest.maxBytes)
    defer { reader.blobBytes = usual }
    try read(live, "manifest", withBytes: nil) { (key, slot, blob, meta) throws(Rejection) in
      guard blob.size <= Manifest.maxBytes else {
        throw .attestation(
          "the manifest of \(key.description.quoted) has \(blob.size) bytes, more than \(Manifest.maxBytes)")
      }
      let manifest = try Manifest(blob.bytes, key: key, format: reader.format)
      guard manifest.etag.text == meta.etag else {
        throw .attestation(
          "the manifest of \(key.description.quoted) says etype \(manifest.etag.text), its metadata \(meta.etag)")
      }
      try policy.check(chunked: key, size: manifest.totalSize, meta: meta)
      chunks += manifest.chunks.count
      guard chunks <= maxChunks else { throw Manifest.tooManyChunks }
      demand.manifests[key] = manifest
      demand.pointers[key] = Pointer(chunked: key, manifest: slot.data, size: manifest.totalSize, meta: meta)
    }
    // The manifest may lie about the sizes of its blobs, which are compared later: no more is read than it admits.
    reader.blobBytes = KeyPolicy.lfsPointerBytes
    for (key, manifest) in demand.manifests where policy.needsBytes(size: manifest.totalSize) {
      let pieces = try reader.read(manifest.chunks.map { .contents($0.blob.hex) })
      try policy.check(key, bytes: pieces.flatMap { $0?.bytes ?? [] })
    }
  }

  /// Reads metadata and data of keys and hands them over, pair by pair.
  /// - Parameter withBytes: whose data is read, not only its size; nil for all.
  private func read(
    _ live: [Live], _ what: String, withBytes: [Bool]?,
    each: (Key, LedgerTree.Slot, ObjectReply, Metadata) throws(Rejection) -> Void
  ) throws(Rejection) {
    var requests: [ObjectRequest] = []
    for (at, item) in live.enumerated() {
      requests.append(.contents(item.slot.meta.hex))
      requests.append(withBytes?[at] ?? true ? .contents(item.slot.data.hex) : .info(item.slot.data.hex))
    }
    var meta: Metadata?
    try reader.read(requests) { (at, reply) throws(Rejection) in
      let (key, slot) = live[at / 2]
      let blob = try blob(reply, at % 2 == 0 ? "metadata" : what, key)
      guard let parsed = meta else {
        meta = try Metadata(blob.bytes, key: key)
        return
      }
      meta = nil
      try each(key, slot, blob, parsed)
    }
  }

  /// Up to this many values cost less to read than to ask about.
  private static let fewKeys = 64

  private func wantsBytes(_ size: Int) -> Bool {
    size <= policy.rules.maxValueInline && (isDeep || policy.needsBytes(size: size))
  }

  private func blob(_ reply: ObjectReply?, _ what: String, _ key: Key) throws(Rejection) -> ObjectReply {
    guard let reply, reply.kind == .blob else {
      throw .attestation("the \(what) of \(key.description.quoted) is not a blob that is here")
    }
    if what == "metadata", reply.size > Metadata.maxBytes {
      throw .attestation(
        "the metadata of \(key.description.quoted) has \(reply.size) bytes, more than \(Metadata.maxBytes)")
    }
    return reply
  }

  private func sizes(of live: [(key: Key, slot: LedgerTree.Slot)]) throws(Rejection) -> [Int] {
    var requests: [ObjectRequest] = []
    for item in live { requests += [.info(item.slot.data.hex), .info(item.slot.meta.hex)] }
    var sizes = [Int](repeating: 0, count: live.count)
    try reader.read(requests) { (at, reply) throws(Rejection) in
      let blob = try blob(reply, at % 2 == 0 ? "value" : "metadata", live[at / 2].key)
      if at % 2 == 0 { sizes[at / 2] = blob.size }
    }
    return sizes
  }

  private func checkETag(_ key: Key, _ meta: Metadata, _ bytes: [UInt8]) throws(Rejection) {
    guard let said = ETag(meta.etag), ETag(of: bytes, said.algorithm) == said else {
      throw .attestation("etag of \(key.description.quoted) is not that of its bytes")
    }
  }
}
