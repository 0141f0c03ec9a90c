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
    var found = try history.commits(upTo: tip.id)
    let seconds = watch.seconds
    if found.isInherited || !found.commits.isEmpty { hasSeenKey = true }
    var versions = try versions(found.commits.prefix(left))
    if versions.contains(where: { $0.facts?.type == "chunked" }) {
      let first = found
      found = try history.commits(upTo: tip.id, withManifest: true)
      if found != first { versions = try self.versions(found.commits.prefix(left)) }
    }
    left -= versions.count
    var out: [UInt8] = []
    for line in versions { out += json ? CanonicalJSON.encode(line) : Array(line.words.utf8) }
    try IO.write(out, to: 1, "standard output")
    HistoryGraph(clone: clone, namespace: history.namespace).keepUp(with: tip.id, seconds: seconds)
  }

  /// What each commit made of the key; a git of its own for each half, as there may be a thousand signatures to check.
  private func versions(_ commits: ArraySlice<ObjectID>) throws(Rejection) -> [HistoryLine] {
    let commits = Array(commits)
    let (git, format) = (clone.git, clone.format)
    let history = history
    let (notes, facts) = try Companion.both(
      { () throws(Rejection) in try self.notes(of: commits) },
      { () throws(Rejection) -> [ValueFacts?] in
        let reader = try ObjectReader(git, format: format)
        let slots = try history.slots(in: commits, reader)
        var live = try ValueFacts.read(
          slots.compactMap { slot in slot.map { (key: history.key, slot: $0) } }, reader
        ).makeIterator()
        return slots.map { slot in slot.flatMap { _ in live.next() } }
      })
    return zip(notes, facts).map { HistoryLine(key: history.key.description, note: $0, facts: $1) }
  }

  private func notes(of commits: [ObjectID]) throws(Rejection) -> [TransactionNote] {
    var notes: [TransactionNote] = []
    notes.reserveCapacity(commits.count)
    var failure: Rejection?
    try clone.reader.read(commits.map { .contents($0.hex) }) { at, reply in
      guard failure == nil else { return }
      do throws(Rejection) {
        guard let reply else { throw .io("commit \(commits[at]) is missing here", hint: "run 'git fsck'") }
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
