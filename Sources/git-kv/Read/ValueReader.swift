import KVShared

/// A value as the ledger has it.
struct FoundValue {
  enum Content {
    case inline(ObjectReply)
    case chunked(Manifest, blob: ObjectID)
  }

  let key: Key
  let content: Content
  let meta: Metadata

  /// Bytes.
  var size: Int {
    switch content {
    case .inline(let reply): reply.size
    case .chunked(let manifest, _): manifest.totalSize
    }
  }

  /// What stands at the key's place in the ledger: the value's own blob, or its manifest's.
  var blob: ObjectID {
    switch content {
    case .inline(let reply): reply.id
    case .chunked(_, let blob): blob
    }
  }
}

/// Finds values in a ledger commit and reads their bytes, fetching chunks that are not here.
struct ValueReader {
  let clone: Clone
  let namespace: Namespace
  /// Where chunks are and come from.
  let chunks: ChunkSource
  /// Reads the ledger.
  let reader: ObjectReader

  /// Returns nil for a key that is not there. Throws `.io` where its objects are missing, `.attestation` where they are malformed.
  func find(_ key: Key, in commit: Commit) throws(Rejection) -> FoundValue? {
    let data = "\(commit.id):\(LedgerTree.dataPath(namespace, key))"
    let replies = try reader.read([
      .contents(data), .contents("\(commit.id):\(LedgerTree.metaPath(namespace, key))"),
      .contents("\(data).manifest.json"),
    ])
    guard let value = replies[0] ?? replies[2], let metaReply = replies[1] else {
      // git answers "missing" for a path that is not there and for an object that is lost.
      let slots = try LedgerTree.lookup([key], in: commit.tree, namespace: namespace, reader: reader)
      guard let slot = slots[key] else { return nil }
      throw .io(
        "an object of \(key.description.quoted) is missing here: \(slot.data) or \(slot.meta)",
        hint: "run 'git fsck', and fetch again")
    }
    let meta = try Metadata(metaReply.bytes, key: key)
    guard replies[2] != nil else { return FoundValue(key: key, content: .inline(value), meta: meta) }
    guard replies[0] == nil else {
      throw .attestation("\(key.description.quoted) has both a value and a manifest")
    }
    let manifest = try Manifest(value.bytes, key: key, format: clone.format)
    guard manifest.etag.text == meta.etag else {
      throw .attestation("the manifest of \(key.description.quoted) has another etag than its metadata")
    }
    return FoundValue(key: key, content: .chunked(manifest, blob: value.id), meta: meta)
  }

  /// Hands bytes of a value over; those of chunks are proved before they are seen, and of a whole value the last chunk
  /// comes only when the etag is right.
  /// - Parameter range: which bytes; nil for all.
  func read(
    _ value: FoundValue, _ range: Range<Int>?, meter: ByteMeter,
    each: (UnsafeRawBufferPointer) throws(Rejection) -> Void
  ) throws(Rejection) {
    switch value.content {
    case .inline(let reply):
      let part = reply.bytes[range ?? 0..<reply.size]
      var failure: Rejection?
      part.withUnsafeBytes { bytes in
        do throws(Rejection) {
          try each(bytes)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    case .chunked(let manifest, _):
      try read(value.key, manifest, range, meter, each)
    }
  }

  private func read(
    _ key: Key, _ manifest: Manifest, _ range: Range<Int>?, _ meter: ByteMeter,
    _ each: (UnsafeRawBufferPointer) throws(Rejection) -> Void
  ) throws(Rejection) {
    var starts = [0]
    for chunk in manifest.chunks { starts.append(starts[starts.count - 1] + chunk.size) }
    let wanted = range ?? 0..<manifest.totalSize
    let numbers = manifest.chunks.indices.filter {
      starts[$0] < wanted.upperBound && starts[$0 + 1] > wanted.lowerBound
    }
    guard let first = numbers.first, let last = numbers.last else { return }
    try chunks.bring(manifest.chunks[first...last].map(\.blob))
    let stream = ChunkStream(reader: try chunks.home.reader(), key: key, hints: chunks.hints)
    guard range != nil else {
      var done = 0
      return try stream.read(manifest) { (bytes) throws(Rejection) in
        try each(bytes)
        done += bytes.count
        meter.show(done)
      }
    }
    try stream.read(manifest, chunks: first..<(last + 1)) { (at, bytes) throws(Rejection) in
      let from = max(wanted.lowerBound - starts[at], 0)
      let to = min(wanted.upperBound - starts[at], bytes.count)
      try each(UnsafeRawBufferPointer(rebasing: bytes[from..<to]))
      meter.show(min(starts[at + 1], wanted.upperBound) - wanted.lowerBound)
    }
  }
}
