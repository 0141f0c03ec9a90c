import KVShared

/// Tells of the versions of one key, epoch by epoch.
struct HistoryReading {
  let history: KeyHistory
  let review: SignatureReview
  /// How many versions may still be told of.
  var left: Int
  let json: Bool
  /// Whether the key was ever there.
  private(set) var hasSeenKey = false

  init(history: KeyHistory, review: SignatureReview, left: Int, json: Bool) {
    self.history = history
    self.review = review
    self.left = left
    self.json = json
  }

  private var clone: Clone { history.clone }

  /// Prints the versions of one epoch, or where they have gone. Throws `.io` where it can be had nowhere.
  mutating func take(_ segment: LedgerSegment, of segments: LedgerSegments) throws(Rejection) {
    let tip: Commit
    do throws(Rejection) {
      guard let found = try segments.tip(of: segment, brings: true) else { return }
      tip = found
    } catch {
      guard let bundle = try segments.archives.bundle(of: segment.label) else { throw error }
      return try tell(bundle)
    }
    let watch = Stopwatch()
    let found = try history.versions(upTo: tip.id)
    let seconds = watch.seconds
    if found.isInherited || !found.versions.isEmpty { hasSeenKey = true }
    let versions = Array(found.versions.prefix(left))
    left -= versions.count
    try tell(versions)
    HistoryGraph(clone: clone, namespace: history.namespace).keepUp(with: tip.id, seconds: seconds)
  }

  private func tell(_ versions: [KeyVersion]) throws(Rejection) {
    let live = versions.compactMap { version in version.slot.map { (key: history.key, slot: $0) } }
    // A git of its own for each of the two: there may be a thousand signatures to check.
    let (git, format) = (clone.git, clone.format)
    let (notes, allFacts) = try Companion.both(
      { () throws(Rejection) in try self.notes(of: versions) },
      { () throws(Rejection) in try ValueFacts.read(live, ObjectReader(git, format: format)) })
    var facts = allFacts.makeIterator()
    var out: [UInt8] = []
    for (version, note) in zip(versions, notes) {
      let line = HistoryLine(
        key: history.key.description, note: note, facts: version.slot.flatMap { _ in facts.next() })
      out += json ? CanonicalJSON.encode(line) : Array(line.words.utf8)
    }
    try IO.write(out, to: 1, "standard output")
  }

  private func notes(of versions: [KeyVersion]) throws(Rejection) -> [TransactionNote] {
    var notes: [TransactionNote] = []
    notes.reserveCapacity(versions.count)
    var failure: Rejection?
    try clone.reader.read(versions.map { .contents($0.commit.hex) }) { at, reply in
      guard failure == nil else { return }
      do throws(Rejection) {
        guard let reply else { throw .io("commit \(versions[at].commit) is missing here", hint: "run 'git fsck'") }
        let commit = try ObjectReader.commit(reply)
        notes.append(TransactionNote(commit, try LedgerTrailers(commit), try review.review(commit)))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return notes
  }

  /// Says where the history of an epoch is, that was compacted.
  private func tell(_ bundle: BundleRecord) throws(Rejection) {
    struct Line: Encodable {
      let bundle: String
      let digest: String
      let epoch: String
      let ledger: String
      let size: Int
    }
    let line = Line(
      bundle: bundle.file, digest: bundle.digest, epoch: bundle.label, ledger: bundle.ledger, size: bundle.size)
    let words = "epoch \(bundle.label) is in the bundle \(bundle.file), \(bundle.size) bytes, \(bundle.digest)\n"
    try IO.write(json ? CanonicalJSON.encode(line) : Array(words.utf8), to: 1, "standard output")
  }
}

/// One version of a key, as it is told.
private struct HistoryLine: Encodable {
  enum Kind: String, Encodable { case set, deleted }

  let key: String
  let note: TransactionNote
  /// nil: the key was deleted.
  let facts: ValueFacts?

  enum CodingKeys: String, CodingKey { case key, op }

  private var op: Kind { facts == nil ? .deleted : .set }

  func encode(to encoder: any Encoder) throws {
    try note.encode(to: encoder)
    try facts?.encode(to: encoder)
    var out = encoder.container(keyedBy: CodingKeys.self)
    try out.encode(key, forKey: .key)
    try out.encode(op, forKey: .op)
  }

  /// Date, what was done, size, etag, transaction, epoch, signature, author, subject, the user's trailers; with tabs
  /// between.
  var words: String {
    let columns =
      [
        note.at, op.rawValue, facts.map { String($0.size) } ?? "-", facts?.shortETag ?? "-", note.txn, note.epoch,
        note.signatureWords, note.by.printable, note.subject,
      ] + note.trailers.map { "\($0.name): \($0.value.printable)" }
    return columns.joined(separator: "\t") + "\n"
  }
}
