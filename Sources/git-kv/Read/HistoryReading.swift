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
    let told = try lines(found.versions.prefix(left))
    left -= told.count
    var out: [UInt8] = []
    for line in told { out += json ? CanonicalJSON.encode(line) : Array(line.words.utf8) }
    try IO.write(out, to: 1, "standard output")
    HistoryGraph(clone: clone, namespace: history.namespace).keepUp(with: tip.id, seconds: seconds)
  }

  /// What is told of each version; two halves side by side, as there may be a thousand signatures to check.
  private func lines(_ versions: ArraySlice<KeyHistory.Version>) throws(Rejection) -> [HistoryLine] {
    let commits = versions.map(\.commit)
    let half = commits.count / 2
    let (git, format, key, review) = (clone.git, clone.format, history.key, review)
    let (newer, (older, facts)) = try Companion.both(
      { () throws(Rejection) in try TransactionNote.read(commits[..<half], clone.reader, review) },
      { () throws(Rejection) -> ([TransactionNote], [ValueFacts?]) in
        let reader = try ObjectReader(git, format: format)
        let older = try TransactionNote.read(commits[half...], reader, review)
        var live = try ValueFacts.read(
          versions.compactMap { version in version.slot.map { (key: key, slot: $0) } }, reader
        ).makeIterator()
        return (older, versions.map { version in version.slot.flatMap { _ in live.next() } })
      })
    return zip(newer + older, facts).map { HistoryLine(key: key.description, note: $0, facts: $1) }
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
