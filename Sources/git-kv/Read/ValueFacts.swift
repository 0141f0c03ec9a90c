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
    var failure: Rejection?
    try reader.read(requests) { at, reply in
      guard failure == nil else { return }
      let (key, slot) = versions[at / 2]
      do throws(Rejection) {
        guard let reply, reply.kind == .blob else {
          throw missing(key, (at % 2 == 0 ? slot.meta : slot.data).hex)
        }
        guard at % 2 == 1, let known = meta else {
          meta = try Metadata(reply.bytes, key: key)
          return
        }
        facts.append(try Self(key, slot, known, reply, reader.format))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return facts
  }

  /// Reads what a key was in each of some commits; nil where it was not there. Throws `.io` for an object that is missing,
  /// `.attestation` for a malformed one.
  static func read(
    _ key: Key, in commits: [ObjectID], _ namespace: Namespace, _ reader: ObjectReader
  ) throws(Rejection) -> [Self?] {
    let paths = [LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key)]
    let manifest = LedgerTree.manifestPath(namespace, key)
    let replies = try reader.read(
      commits.flatMap { [.contents("\($0):\(paths[0])"), .info("\($0):\(paths[1])")] })
    let chunked = commits.indices.filter { replies[$0 * 2] != nil && replies[$0 * 2 + 1] == nil }
    let manifests = try reader.read(chunked.map { .contents("\(commits[$0]):\(manifest)") })
    let manifestOf = Dictionary(zip(chunked, manifests)) { first, _ in first }
    return try commits.enumerated().map { (at, commit) throws(Rejection) in
      let held = replies[at * 2 + 1]
      if let meta = replies[at * 2], let data = held ?? manifestOf[at] ?? nil {
        let slot = LedgerTree.Slot(data: data.id, meta: meta.id, isChunked: held == nil)
        return try Self(key, slot, try Metadata(meta.bytes, key: key), data, reader.format)
      }
      // To git a path that leads nowhere and an object that is not here are the same.
      defer { reader.forgetTrees() }
      let tree = try reader.commit(commit).tree
      guard try LedgerTree.lookup([key], in: tree, namespace: namespace, reader: reader).isEmpty else {
        throw missing(key, "in commit \(commit)")
      }
      return nil
    }
  }

  private static func missing(_ key: Key, _ what: String) -> Rejection {
    .io("an object of \(key.description.quoted) is missing here: \(what)", hint: "run 'git fsck', and fetch again")
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

  var isChunked: Bool { type == "chunked" }

  /// The etag's algorithm and first digits.
  var shortETag: String {
    guard let colon = etag.firstIndex(of: ":") else { return etag }
    return String(etag[...colon] + etag[etag.index(after: colon)...].prefix(12))
  }
}
