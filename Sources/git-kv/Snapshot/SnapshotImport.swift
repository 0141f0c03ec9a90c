import KVShared

/// Reads a snapshot to its end, stores its values, and puts aside what it says of each key. Nothing is built before
/// the last line has proved the whole.
struct SnapshotImport {
  let lines: SnapshotLines
  let writer: ValueWriter
  let folder: ValuesFolder?
  let spool: EditSpool
  private var last: [UInt8] = []

  init(_ lines: SnapshotLines, writer: ValueWriter, folder: ValuesFolder?, spool: EditSpool) {
    self.lines = lines
    self.writer = writer
    self.folder = folder
    self.spool = spool
  }

  /// Reads the first line, which says what the snapshot is of.
  static func header(_ lines: SnapshotLines) throws(Rejection) -> SnapshotHeader {
    let line = Array(try lines.line())
    guard let header = CanonicalJSON.decode(SnapshotHeader.self, line), header.format == SnapshotHeader.format else {
      throw lines.fault("this is not the first line of a snapshot")
    }
    guard header.v == SnapshotHeader.version else { throw lines.fault("unknown version \(header.v)") }
    guard Namespace(header.ns) != nil, EpochLabel(header.epoch) != nil,
      ObjectFormat(rawValue: header.objectFormat) != nil
    else { throw lines.fault("malformed namespace, epoch or object format") }
    return header
  }

  /// Reads all keys and the last line, and returns the ledger tree that it names.
  /// Throws with the number of the line: `.attestation` for damage, `.policy` for what the policy here refuses, `.io`.
  mutating func read(meter: ByteMeter, flushEach keys: Int?) throws(Rejection) -> String? {
    defer { meter.end() }
    while true {
      let line = try lines.line()
      if let end = try end(line) { return end.content }
      do throws(Rejection) {
        guard let entry = CanonicalJSON.decode(SnapshotEntry.self, Array(line)) else {
          throw .usage("this is not a line of a snapshot")
        }
        try take(entry)
      } catch {
        throw lines.fault.at(error)
      }
      meter.show(lines.bytes)
      if let keys, spool.count % keys == 0 { try writer.session.store.flush() }
    }
  }

  private func end(_ line: ArraySlice<UInt8>) throws(Rejection) -> SnapshotEnd? {
    guard line.starts(with: "{\"co".utf8) else { return nil }
    guard let end = CanonicalJSON.decode(SnapshotEnd.self, Array(line)), end.end else {
      throw lines.fault("this is not a line of a snapshot")
    }
    guard end.count == spool.count else {
      throw lines.fault("the last line says \(end.count) keys, but there are \(spool.count)")
    }
    let covered = SnapshotEnd.covered(of: line)
    guard covered > 0, end.digest == SnapshotEnd.prefix + lines.digest(throughFirst: covered) else {
      throw lines.fault("the digest is not that of the lines before")
    }
    guard try lines.lineOrEnd() == nil else { throw lines.fault("there is more after the last line") }
    return end
  }

  private mutating func take(_ entry: SnapshotEntry) throws(Rejection) {
    let key = try Key(entry.key)
    guard last.lexicographicallyPrecedes(key.bytes) else {
      throw .usage("key \(key.description.quoted) is doubled or out of order")
    }
    last = key.bytes
    guard let etag = ETag(entry.etag), let created = Timestamp(entry.createdAt) else {
      throw .usage("malformed etag or created_at")
    }
    let ttl = entry.ttl.flatMap(Timestamp.init)
    guard (ttl == nil) == (entry.ttl == nil) else { throw .usage("malformed ttl") }
    let meta = try Metadata(ctype: entry.ctype, etag: etag, createdBy: entry.createdBy, createdAt: created, ttl: ttl)
    let store = writer.session.store
    guard let count = entry.chunked else {
      let bytes = try value(entry)
      guard bytes.count == entry.size else { throw .usage("the value has \(bytes.count) bytes, not \(entry.size)") }
      guard ETag(of: bytes, etag.algorithm) == etag else { throw .usage("the etag is not that of the value") }
      try writer.policy.check(key, size: bytes.count, meta: meta, bytes: bytes)
      let slot = LedgerTree.Slot(
        data: try store.store(.blob, bytes), meta: try store.store(.blob, CanonicalJSON.encode(meta)))
      let pointer = Pointer(inline: key, blob: slot.data, size: bytes.count, meta: meta)
      return try spool.append(key, slot, pointer: try store.store(.blob, CanonicalJSON.encode(pointer)), chunks: [])
    }
    guard entry.value == nil, entry.valueBase64 == nil else { throw .usage("a value in chunks has no other") }
    try writer.policy.check(chunked: key, size: entry.size, meta: meta)
    let manifest = try chunks(entry, count, etag)
    let bytes = manifest.encode(key: key)
    // Parsed again, it is held to what every manifest has to be.
    guard try Manifest(bytes, key: key, format: store.format).totalSize == entry.size else {
      throw .usage("the chunks have \(manifest.totalSize) bytes, not \(entry.size)")
    }
    let slot = LedgerTree.Slot(
      data: try store.store(.blob, bytes), meta: try store.store(.blob, CanonicalJSON.encode(meta)), isChunked: true)
    let pointer = Pointer(chunked: key, manifest: slot.data, size: manifest.totalSize, meta: meta)
    try spool.append(
      key, slot, pointer: try store.store(.blob, CanonicalJSON.encode(pointer)), chunks: manifest.chunks)
  }

  private func value(_ entry: SnapshotEntry) throws(Rejection) -> [UInt8] {
    guard entry.chunking == nil, entry.file == nil else {
      throw .usage("only a value in chunks has chunking or a file")
    }
    switch (entry.value, entry.valueBase64) {
    case (let text?, nil): return Array(text.utf8)
    case (nil, let encoded?):
      guard let bytes = Base64.decode(encoded) else { throw .usage("value_b64 is not base 64") }
      return bytes
    default: throw .usage("a key has one of 'value' and 'value_b64', or chunks")
    }
  }

  /// Reads the lines of a value's chunks and stores those that the epoch does not have.
  private func chunks(_ entry: SnapshotEntry, _ count: Int, _ etag: ETag) throws(Rejection) -> Manifest {
    guard let said = entry.chunking, let mode = NamespacePolicy.Chunking.Mode(rawValue: said.mode), count > 0 else {
      throw .usage("a value in chunks says how it was cut, and into how many")
    }
    var chunking = NamespacePolicy.Chunking()
    (chunking.mode, chunking.min, chunking.avg, chunking.max) = (mode, said.min, said.avg, said.max)
    let file = try file(entry, etag)
    let session = writer.session
    let base = try session.chunksBase()
    defer { base.reader.forgetTrees() }
    let keeper = ChunkWriter(writer.policy.rules, session.namespace, base: base, store: try session.chunks.store())
    var hash = ETag.Hasher(etag.algorithm)
    var left = entry.size
    for number in 0..<count {
      let bytes = try chunk(number, from: file)
      left -= bytes.count
      guard left >= 0, !bytes.isEmpty else { throw .usage("chunk \(number) is empty, or more than the value has") }
      bytes.withUnsafeBytes { hash.update($0) }
      try keeper.add(bytes)
    }
    if let file, try !file.read(upTo: 1).isEmpty { throw .usage("\(file.name.quoted) has more bytes than the value") }
    guard hash.finalize() == etag else { throw .usage("the etag is not that of the chunks") }
    return Manifest(keeper.chunks, chunking: chunking, etag: etag)
  }

  private func file(_ entry: SnapshotEntry, _ etag: ETag) throws(Rejection) -> ValueInput? {
    guard let name = entry.file else { return nil }
    guard name == ValuesFolder.name(of: etag) else { throw .usage("file \(name.quoted) is not named by the etag") }
    guard let folder else { throw .io("the bytes are in the file \(name.quoted)", hint: "say where with --values-dir") }
    return try folder.input(etag)
  }

  private func chunk(_ number: Int, from file: ValueInput?) throws(Rejection) -> [UInt8] {
    guard let chunk = CanonicalJSON.decode(SnapshotChunk.self, Array(try lines.line())), chunk.i == number else {
      throw .usage("this is not the line of chunk \(number)")
    }
    switch (chunk.dataBase64, chunk.size, file) {
    case (let data?, nil, nil):
      guard let bytes = Base64.decode(data) else { throw .usage("data_b64 is not base 64") }
      return bytes
    case (nil, let size?, let file?):
      guard (1...Chunker.sizes.upperBound).contains(size) else {
        throw .usage("a chunk of \(size) bytes cannot be")
      }
      let bytes = try file.read(upTo: size)
      guard bytes.count == size else { throw .usage("\(file.name.quoted) has fewer bytes than the value") }
      return bytes
    default: throw .usage("the bytes of a chunk stand in its line, or in the value's file")
    }
  }
}
