import KVShared

/// Writes the live keys of a ledger commit as a snapshot, proving every value on the way.
struct SnapshotExport {
  let clone: Clone
  let namespace: Namespace
  let commit: Commit
  let values: ValueReader
  let folder: ValuesFolder?
  /// Values that have expired by then are left out; nil for none.
  let now: Timestamp?
  let isQuiet: Bool
  private var output: SnapshotOutput
  private var count = 0
  private var left = 0

  /// Keys whose objects are asked for at once.
  private static let waveKeys = 1000

  init(
    _ values: ValueReader, _ commit: Commit, to output: SnapshotOutput, folder: ValuesFolder?,
    leavingOutAt now: Timestamp?,
    isQuiet: Bool
  ) {
    clone = values.clone
    namespace = values.namespace
    self.commit = commit
    self.values = values
    self.folder = folder
    self.now = now
    self.isQuiet = isQuiet
    self.output = output
  }

  /// Throws `.attestation` for a value that is not what its metadata says, `.io` where one is not here.
  mutating func run(prefix: String) throws(Rejection) -> SnapshotReport {
    let trailers = try LedgerTrailers(commit)
    let reader = clone.reader
    let listed = try LedgerTree.list(prefix: Array(prefix.utf8), in: commit.tree, namespace: namespace, reader: reader)
    try output.write(SnapshotHeader(namespace, trailers.epoch, clone.format, prefix: prefix))
    let progress = Progress("exporting", isQuiet: isQuiet)
    defer { progress.end() }
    for start in stride(from: 0, to: listed.count, by: Self.waveKeys) {
      progress.show(start, of: listed.count)
      let wave = listed[start..<min(start + Self.waveKeys, listed.count)]
      try bring(wave.compactMap { $0.slot.isChunked ? ($0.key, $0.slot.data) : nil })
      try write(wave)
    }
    let isWhole = prefix.isEmpty && left == 0
    let digest = try output.finish(content: isWhole ? commit.tree : nil, count: count)
    return SnapshotReport(
      ns: namespace.name, ledger: commit.id.hex, tree: commit.tree.hex, keys: count, expired: left,
      bytes: output.bytes, digest: digest)
  }

  /// Fetches at once what the values of a wave need and is not here.
  private func bring(_ chunked: [(key: Key, manifest: ObjectID)]) throws(Rejection) {
    guard !chunked.isEmpty, !values.chunks.urls.isEmpty else { return }
    var blobs: [ObjectID] = []
    let replies = try clone.reader.read(chunked.map { .contents($0.manifest.hex) })
    for ((key, id), reply) in zip(chunked, replies) {
      guard let reply else { throw missing(id, key) }
      blobs += try Manifest(reply.bytes, key: key, format: clone.format).chunks.map(\.blob)
    }
    try values.chunks.bring(blobs)
  }

  private mutating func write(_ wave: ArraySlice<(key: Key, slot: LedgerTree.Slot)>) throws(Rejection) {
    var requests: [ObjectRequest] = []
    for (_, slot) in wave { requests += [.contents(slot.meta.hex), .contents(slot.data.hex)] }
    var meta: Metadata?
    try clone.reader.read(requests) { (at, reply) throws(Rejection) in
      let (key, slot) = wave[wave.startIndex + at / 2]
      guard let reply, reply.kind == .blob else { throw missing(at % 2 == 0 ? slot.meta : slot.data, key) }
      if at % 2 == 0 {
        meta = try Metadata(reply.bytes, key: key)
      } else if let meta {
        try write(key, slot, reply, meta)
      }
    }
  }

  private mutating func write(
    _ key: Key, _ slot: LedgerTree.Slot, _ reply: ObjectReply, _ meta: Metadata
  ) throws(Rejection) {
    if let now, meta.isExpired(at: now) {
      left += 1
      return
    }
    count += 1
    guard slot.isChunked else {
      guard let etag = ETag(meta.etag), ETag(of: reply.bytes, etag.algorithm) == etag else {
        throw .attestation(
          "etag of \(key.description.quoted) is not that of its bytes", hint: values.chunks.hints.damaged)
      }
      return try output.write(SnapshotEntry(FoundValue(key: key, content: .inline(reply), meta: meta)))
    }
    let manifest = try Manifest(reply.bytes, key: key, format: clone.format)
    guard manifest.etag.text == meta.etag else {
      throw .attestation("the manifest of \(key.description.quoted) has another etag than its metadata")
    }
    try write(FoundValue(key: key, content: .chunked(manifest, blob: reply.id), meta: meta), manifest)
  }

  private mutating func write(_ value: FoundValue, _ manifest: Manifest) throws(Rejection) {
    var entry = SnapshotEntry(value)
    if folder != nil { entry.file = ValuesFolder.name(of: manifest.etag) }
    try output.write(entry)
    var number = 0
    guard let folder else {
      return try values.read(value, nil, meter: .silent) { (bytes) throws(Rejection) in
        try output.write(SnapshotChunk(i: number, dataBase64: Base64.string(Array(bytes))))
        number += 1
      }
    }
    for (at, chunk) in manifest.chunks.enumerated() { try output.write(SnapshotChunk(i: at, size: chunk.size)) }
    if try folder.has(manifest.etag) { return }
    let file = try folder.output(manifest.etag)
    try values.read(value, nil, meter: .silent) { (bytes) throws(Rejection) in try file.write(bytes) }
    try file.finish()
  }

  private func missing(_ id: ObjectID, _ key: Key) -> Rejection {
    .io("an object of \(key.description.quoted) is missing here: \(id)", hint: "run 'git fsck', and fetch again")
  }
}

/// What `snapshot --json` prints.
struct SnapshotReport: Encodable {
  let ns: String
  let ledger: String
  let tree: String
  let keys: Int
  /// Keys that were left out.
  let expired: Int
  /// Bytes of the snapshot, without the files of `--values-dir`.
  let bytes: Int
  let digest: String

  var words: String {
    "\(keys) keys of \(ns), ledger \(ledger.prefix(12))\(expired == 0 ? "" : "; \(expired) expired left out")"
  }
}
