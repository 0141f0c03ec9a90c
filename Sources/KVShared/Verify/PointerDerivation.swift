/// Derives from the ledger alone what the index has to say of each changed key.
public struct PointerDerivation {
  let policy: KeyPolicy
  /// V10: etags are computed from the bytes.
  let isDeep: Bool
  let reader: ObjectReader

  /// - Parameter isDeep: computes etags from the bytes and compares (V10).
  public init(policy: KeyPolicy, isDeep: Bool, reader: ObjectReader) {
    self.policy = policy
    self.isDeep = isDeep
    self.reader = reader
  }

  /// Checks values and metadata on the way. Throws `.attestation` or `.policy`.
  public func pointers(of changes: [KeyChange]) throws(Rejection) -> [Key: Pointer] {
    var pointers: [Key: Pointer] = [:]
    pointers.reserveCapacity(changes.count)
    var live: [(key: Key, slot: LedgerTree.Slot)] = []
    for change in changes {
      if let slot = change.after {
        live.append((change.key, slot))
      } else {
        pointers[change.key] = Pointer(tombstone: change.key)
      }
    }
    // Few values are asked for with their bytes at once; many are first asked for their sizes.
    let sizes = live.count <= Self.fewKeys ? nil : try sizes(of: live)
    var requests: [ObjectRequest] = []
    for (at, item) in live.enumerated() {
      try policy.check(item.key)
      requests.append(.contents(item.slot.meta.hex))
      requests.append(
        sizes.map { wantsBytes($0[at]) } ?? true ? .contents(item.slot.data.hex) : .info(item.slot.data.hex))
    }
    var meta: Metadata?
    var failure: Rejection?
    try reader.read(requests) { at, reply in
      guard failure == nil else { return }
      do throws(Rejection) {
        let (key, slot) = live[at / 2]
        let blob = try blob(reply, at % 2 == 0 ? "metadata" : "value", key)
        guard let parsed = meta else {
          meta = try Metadata(blob.bytes, key: key)
          return
        }
        meta = nil
        try policy.check(key, size: blob.size, meta: parsed, bytes: blob.bytes)
        if isDeep { try checkETag(key, parsed, blob.bytes) }
        pointers[key] = Pointer(inline: key, blob: slot.data, size: blob.size, meta: parsed)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return pointers
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
    var failure: Rejection?
    try reader.read(requests) { at, reply in
      guard failure == nil else { return }
      do throws(Rejection) {
        let blob = try blob(reply, at % 2 == 0 ? "value" : "metadata", live[at / 2].key)
        if at % 2 == 0 { sizes[at / 2] = blob.size }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return sizes
  }

  private func checkETag(_ key: Key, _ meta: Metadata, _ bytes: [UInt8]) throws(Rejection) {
    guard let said = ETag(meta.etag), ETag(of: bytes, said.algorithm) == said else {
      throw .attestation("etag of \(key.description.quoted) is not that of its bytes")
    }
  }
}
