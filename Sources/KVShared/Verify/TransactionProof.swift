/// A transaction that the verifier has proved at the level its policy asks for; nothing else can make one.
public struct VerifiedTransaction: Sendable {
  public let namespace: Namespace
  public let id: TransactionID
  public let ledger: ObjectID
  public let index: ObjectID

  fileprivate init(_ candidate: TransactionCandidate) {
    namespace = candidate.trailers.namespace
    id = candidate.trailers.transaction
    ledger = candidate.ledger.id
    index = candidate.index.id
  }
}

/// The commits of one transaction, paired and attested (V3, V4), with the trees they build on.
struct TransactionCandidate {
  let ledger: Commit
  let index: Commit
  let trailers: LedgerTrailers
  /// nil for the first transaction.
  let baseLedgerTree: ObjectID?
  let baseIndexTree: ObjectID?
}

/// V6 to V10: what a transaction changed is canonical, and ledger and index say the same.
///
/// The index is not read but computed: from its old tree and the pointers that the ledger's change demands. Equal tree
/// ids then prove every pointer, the burst layout, and the absence of any other change at once.
struct TransactionProof {
  let rules: NamespacePolicy
  let reader: ObjectReader

  /// Throws `.attestation`, `.invalidKey` or `.policy`.
  func prove(_ candidate: TransactionCandidate) throws(Rejection) -> VerifiedTransaction {
    if rules.verify == .attest { return VerifiedTransaction(candidate) }
    let ns = candidate.trailers.namespace
    let diff = LedgerDiff(reader: reader, namespace: ns, forbidLFS: rules.forbidLFS)
    let changes = try diff.changes(from: candidate.baseLedgerTree, to: candidate.ledger.tree)
    try count(changes, candidate)
    // A change that fits into the sample is proved whole.
    let isSampled = rules.verify == .sample && changes.count > rules.sampleSize
    let looked = isSampled ? Array(changes.shuffled().prefix(rules.sampleSize)) : changes
    let pointers = try PointerDerivation(policy: KeyPolicy(rules), isDeep: rules.verify == .deep, reader: reader)
      .pointers(of: looked)
    let blobs = pointers.mapValues { ObjectHasher(reader.format).id(.blob, CanonicalJSON.encode($0)) }
    let mismatch = IndexMismatch(reader: reader, namespace: ns, tree: candidate.index.tree)
    if isSampled {
      for (key, blob) in blobs { try mismatch.check(key, blob, pointers[key]) }
    } else {
      let expected = try IndexTree.apply(
        blobs, to: candidate.baseIndexTree, namespace: ns, reader: reader, sink: NamingSink(reader.format))
      guard expected == candidate.index.tree else {
        for (key, blob) in blobs { try mismatch.check(key, blob, pointers[key]) }
        throw .attestation(
          "the index of \(candidate.trailers.transaction) holds a change that no key explains, or its layout is not canonical"
        )
      }
    }
    return VerifiedTransaction(candidate)
  }

  private func count(_ changes: [KeyChange], _ candidate: TransactionCandidate) throws(Rejection) {
    let set = changes.count { $0.after != nil }
    for (name, said, found) in [
      ("Keys-Set", candidate.trailers.keysSet, set), ("Keys-Del", candidate.trailers.keysDeleted, changes.count - set),
    ] where said != found {
      throw .attestation("\(name) of \(candidate.trailers.transaction) is \(said), but \(found) keys changed so")
    }
  }
}

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

/// Finds the words for a pointer that is not what the ledger demands.
struct IndexMismatch {
  let reader: ObjectReader
  let namespace: Namespace
  let tree: ObjectID

  /// Throws `.attestation` unless the index holds exactly the expected pointer blob for the key.
  func check(_ key: Key, _ expected: ObjectID, _ pointer: Pointer?) throws(Rejection) {
    let name = key.description.quoted
    guard let found = try IndexTree.lookup(key, in: tree, namespace: namespace, reader: reader) else {
      throw .attestation("the index has no pointer for \(name) where it belongs")
    }
    guard found != expected else { return }
    guard let size = try reader.read([.info(found.hex)])[0]?.size, size <= Pointer.maxBytes,
      let reply = try reader.read([.contents(found.hex)])[0], let pointer,
      let said = CanonicalJSON.decode(Pointer.self, reply.bytes)
    else { throw .attestation("the pointer of \(name) is not canonical JSON of its kind") }
    let fields: [(String, String, String)] = [
      ("key", said.key, pointer.key), ("type", said.type.rawValue, pointer.type.rawValue),
      ("ledger_blob", said.ledgerBlob ?? "null", pointer.ledgerBlob ?? "null"),
      ("manifest_blob", said.manifestBlob ?? "null", pointer.manifestBlob ?? "null"),
      ("size", String(said.size), String(pointer.size)), ("ctype", said.ctype ?? "none", pointer.ctype ?? "none"),
      ("ttl", said.ttl ?? "none", pointer.ttl ?? "none"), ("etag", said.etag ?? "none", pointer.etag ?? "none"),
    ]
    let wrong = fields.first { $0.1 != $0.2 } ?? ("v", String(said.v), String(pointer.v))
    throw .attestation("the pointer of \(name) says \(wrong.0) \(wrong.1.quoted), the ledger says \(wrong.2.quoted)")
  }
}
