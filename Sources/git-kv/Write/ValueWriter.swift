import KVShared

/// Turns values into blobs or chunks, metadata and pointers, and refuses early what the Stargate would refuse.
struct ValueWriter {
  let session: WriteSession
  let policy: KeyPolicy
  let createdBy: String
  let now: Timestamp
  /// Larger values are cut into chunks; bytes.
  let maxInline: Int
  let isQuiet: Bool

  /// Stores a value and its metadata.
  /// - Parameter lifetime: what `--ttl` said; nil takes the policy's default.
  func edit(_ key: Key, _ input: ValueInput, ctype: String?, lifetime: Lifetime?) throws(Rejection) -> KeyEdit {
    let rules = policy.rules
    try policy.check(key)
    let tooLarge = KeyPolicy.tooLarge(key.description.quoted, input.size, rules)
    if let size = input.size, size > rules.maxValueTotal { throw tooLarge }
    let front = try input.read(upTo: max(min(maxInline, rules.maxValueTotal, .max - 1) + 1, Self.guessedBytes))
    guard front.count > maxInline else {
      guard front.count <= rules.maxValueTotal else { throw tooLarge }
      return try inline(key, front, ctype: ctype, expiry: try expiry(key, lifetime))
    }
    if policy.needsBytes(size: front.count) { try policy.check(key, bytes: front) }
    let expiry = try expiry(key, lifetime)
    let guess = ctype ?? Self.guessType(front.prefix(Self.guessedBytes), isCut: front.count >= Self.guessedBytes)
    input.unread(front)
    let meter = ByteMeter("storing \(key)", total: input.size, isQuiet: isQuiet)
    defer { meter.end() }
    let base = try session.chunksBase()
    let writer = ChunkWriter(rules, session.namespace, base: base, store: try session.chunks.store())
    // Trees are remembered for one value, so that many need no more memory than one.
    defer { base.reader.forgetTrees() }
    let outcome = try writer.write(
      input, etag: rules.etag, limit: rules.maxValueTotal, tooLarge: tooLarge, meter: meter)
    let manifest = Manifest(outcome.chunks, chunking: rules.chunking, etag: outcome.etag)
    let bytes = manifest.encode(key: key)
    guard bytes.count <= Manifest.maxBytes else {
      throw .policy(
        "\(key.description.quoted) has \(manifest.chunks.count) chunks, more than a manifest holds",
        hint: "have the policy's chunking.avg raised")
    }
    let meta = try Metadata(ctype: guess, etag: outcome.etag, createdBy: createdBy, createdAt: now, ttl: expiry)
    try policy.check(chunked: key, size: manifest.totalSize, meta: meta)
    let slot = LedgerTree.Slot(
      data: try session.store.store(.blob, bytes), meta: try session.store.store(.blob, CanonicalJSON.encode(meta)),
      isChunked: true)
    return .set(
      slot, Pointer(chunked: key, manifest: slot.data, size: manifest.totalSize, meta: meta), chunks: manifest.chunks)
  }

  private func inline(
    _ key: Key, _ value: [UInt8], ctype: String?, expiry: Timestamp?
  ) throws(Rejection) -> KeyEdit {
    let meta = try Metadata(
      ctype: ctype ?? Self.guessType(value[...], isCut: false), etag: ETag(of: value, policy.rules.etag),
      createdBy: createdBy,
      createdAt: now, ttl: expiry)
    try policy.check(key, size: value.count, meta: meta, bytes: value)
    let slot = LedgerTree.Slot(
      data: try session.store.store(.blob, value), meta: try session.store.store(.blob, CanonicalJSON.encode(meta)))
    return .set(slot, Pointer(inline: key, blob: slot.data, size: value.count, meta: meta))
  }

  private func expiry(_ key: Key, _ lifetime: Lifetime?) throws(Rejection) -> Timestamp? {
    let expiry: Timestamp?
    switch lifetime {
    case .until(let instant): expiry = instant
    case .seconds(let seconds): expiry = now.adding(seconds)
    case nil: expiry = policy.rules.retention.ttlDefault.map { now.adding(Int64($0)) }
    }
    if let expiry, expiry <= now { throw .usage("ttl of \(key.description.quoted) has passed already: \(expiry)") }
    return expiry
  }

  /// How much of a large value is looked at to guess what it is; bytes.
  private static let guessedBytes = 64 << 10

  /// Text is text, everything else is bytes.
  /// - Parameter isCut: the last character may be incomplete.
  private static func guessType(_ value: ArraySlice<UInt8>, isCut: Bool) -> String {
    let isText =
      !value.contains(0)
      && (0...(isCut ? 3 : 0)).contains { String(validating: value.dropLast($0), as: UTF8.self) != nil }
    return isText ? "text/plain" : "application/octet-stream"
  }
}
