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
    let sizes = try sizes(of: live)
    var requests: [ObjectRequest] = []
    var hasBytes: [Bool] = []
    for (at, item) in live.enumerated() {
      try policy.check(item.key)
      requests.append(.contents(item.slot.meta.hex))
      let wants = sizes[at] <= policy.rules.maxValueInline && (isDeep || policy.needsBytes(size: sizes[at]))
      hasBytes.append(wants)
      if wants { requests.append(.contents(item.slot.data.hex)) }
    }
    var at = 0
    var meta: Metadata?
    var failure: Rejection?
    try reader.read(requests) { _, reply in
      guard failure == nil, let reply else { return }
      do throws(Rejection) {
        let (key, slot) = live[at]
        let parsed: Metadata
        var bytes: [UInt8] = []
        if let waiting = meta {
          parsed = waiting
          bytes = reply.bytes
          meta = nil
        } else {
          parsed = try Metadata(reply.bytes, key: key)
          if hasBytes[at] {
            meta = parsed
            return
          }
        }
        try policy.check(key, size: sizes[at], meta: parsed, bytes: bytes)
        if isDeep { try checkETag(key, parsed, bytes) }
        pointers[key] = Pointer(inline: key, blob: slot.data, size: sizes[at], meta: parsed)
        at += 1
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return pointers
  }

  private func sizes(of live: [(key: Key, slot: LedgerTree.Slot)]) throws(Rejection) -> [Int] {
    var requests: [ObjectRequest] = []
    for item in live { requests += [.info(item.slot.data.hex), .info(item.slot.meta.hex)] }
    var sizes = [Int](repeating: 0, count: live.count)
    var failure: Rejection?
    try reader.read(requests) { at, reply in
      guard failure == nil else { return }
      let key = live[at / 2].key
      let isMeta = at % 2 == 1
      guard let reply, reply.kind == .blob else {
        failure = .attestation(
          "the \(isMeta ? "metadata" : "value") of \(key.description.quoted) is not a blob that is here")
        return
      }
      if !isMeta {
        sizes[at / 2] = reply.size
      } else if reply.size > Metadata.maxBytes {
        failure = .attestation(
          "the metadata of \(key.description.quoted) has \(reply.size) bytes, more than \(Metadata.maxBytes)")
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
