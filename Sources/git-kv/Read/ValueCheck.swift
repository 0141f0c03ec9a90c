import KVShared

/// Checks values one by one and goes on after one that is wrong.
struct ValueCheck {
  let clone: Clone
  let namespace: Namespace
  let commit: Commit
  let source: ChunkSource
  let options: GlobalOptions
  let notes: VerifyNotes?
  private var tally = VerifyTally()

  init(
    clone: Clone, namespace: Namespace, commit: Commit, source: ChunkSource, options: GlobalOptions, notes: VerifyNotes?
  ) {
    self.clone = clone
    self.namespace = namespace
    self.commit = commit
    self.source = source
    self.options = options
    self.notes = notes
  }

  private enum Verdict {
    case right(Int)
    case elsewhere
    case wrong(String)
  }

  /// Takes up what an earlier run has left, unless it passed over values that can be fetched now.
  mutating func resume(unless restart: Bool) throws(Rejection) {
    guard !restart, let earlier = try notes?.load(), source.urls.isEmpty || earlier.elsewhere == 0 else { return }
    tally = earlier
    guard !options.quiet, !options.json else { return }
    try IO.write("going on after \(earlier.checked) values\n", to: 2, "standard error")
    for message in earlier.wrong { try IO.write("wrong: \(message)\n", to: 1, "standard output") }
  }

  /// Checks keys; those of a listing have pointers, nil where they cannot be read.
  /// Throws `.noSuchKey` for a key that is not there, `.io` where chunks cannot be fetched, `.attestation` at the end where
  /// values are wrong.
  mutating func run(_ keys: [(key: Key, pointer: Pointer?)]) throws(Rejection) {
    let rest =
      tally.after.map { after in keys.filter { after.utf8.lexicographicallyPrecedes($0.key.bytes) } } ?? keys
    let meter = ByteMeter("verifying", total: nil, isQuiet: options.quiet)
    defer { meter.end() }
    for (key, pointer) in rest {
      let verdict: Verdict =
        notes != nil && pointer == nil
        ? .wrong("the pointer of \(key.description.quoted) is missing or malformed") : try check(key, pointer, meter)
      if case .right(let size) = verdict { tally.bytes += size }
      if case .elsewhere = verdict { tally.elsewhere += 1 }
      if case .wrong(let message) = verdict { tally.wrong.append(message) }
      tally.checked += 1
      tally.after = key.description
      try report(key, verdict, meter)
      try notes?.keep(tally)
    }
    meter.end()
    try notes?.remove()
    try options.print(tally.summary, tally.words)
    guard tally.wrong.isEmpty else {
      throw .attestation(
        "\(tally.wrong.count) of \(tally.checked) values are wrong",
        hint: "restore them from another clone or the Stargate")
    }
  }

  private func check(_ key: Key, _ pointer: Pointer?, _ meter: ByteMeter) throws(Rejection) -> Verdict {
    let value: FoundValue
    do throws(Rejection) {
      guard let found = try reader().find(key, in: commit) else {
        throw pointer == nil
          ? .noSuchKey("no such key: \(key.description.quoted)")
          : .attestation("\(key.description.quoted) is in the index but not in the ledger")
      }
      if let pointer, pointer.etag != found.meta.etag || pointer.size != found.size {
        throw .attestation("the pointer of \(key.description.quoted) says another size or etag than the ledger")
      }
      value = found
    } catch {
      return try wrong(error)
    }
    if case .chunked(let manifest, _) = value.content {
      let blobs = manifest.chunks.map(\.blob)
      try source.bring(blobs)
      if source.home.folder != nil, try !source.missing(blobs).isEmpty { return .elsewhere }
    }
    do throws(Rejection) {
      try prove(value, meter)
      return .right(value.size)
    } catch {
      return try wrong(error)
    }
  }

  private func reader() throws(Rejection) -> ValueReader {
    ValueReader(clone: clone, namespace: namespace, chunks: source, reader: try source.home.reader())
  }

  private func prove(_ value: FoundValue, _ meter: ByteMeter) throws(Rejection) {
    if case .inline(let reply) = value.content {
      guard let said = ETag(value.meta.etag), ETag(of: reply.bytes, said.algorithm) == said else {
        throw .attestation("etag of \(value.key.description.quoted) is not that of its bytes")
      }
      return
    }
    let before = tally.bytes
    var done = 0
    try reader().read(value, nil, meter: .silent) { (bytes) throws(Rejection) in
      done += bytes.count
      meter.show(before + done)
    }
  }

  /// Damage is noted, everything else ends the run.
  private func wrong(_ error: Rejection) throws(Rejection) -> Verdict {
    switch error {
    case .attestation(let text, _), .io(let text, _):
      // Git ends at an object it cannot unpack; the next value gets another one.
      source.home.forgetReader()
      return .wrong(text)
    default: throw error
    }
  }

  private struct Line: Encodable {
    let key: String
    let status: String
    let message: String?
  }

  private func report(_ key: Key, _ verdict: Verdict, _ meter: ByteMeter) throws(Rejection) {
    let line: Line
    switch verdict {
    case .right: line = Line(key: key.description, status: "ok", message: nil)
    case .elsewhere: line = Line(key: key.description, status: "not-here", message: nil)
    case .wrong(let text): line = Line(key: key.description, status: "wrong", message: text)
    }
    if options.json {
      try IO.write(CanonicalJSON.encode(line), to: 1, "standard output")
    } else if let text = line.message {
      meter.end()
      try IO.write("wrong: \(text)\n", to: 1, "standard output")
    }
  }
}
