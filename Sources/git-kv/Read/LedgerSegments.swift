import KVShared

/// The part of a ledger that one epoch has.
struct LedgerSegment {
  let label: EpochLabel
  /// When the epoch began; nil where the epoch chain does not tell.
  let since: Timestamp?
  /// Its sealed head; nil for the current epoch.
  let sealed: ParentEpoch?
}

/// A ledger, epoch by epoch, the newest first. What was sealed is fetched when it is asked for.
struct LedgerSegments {
  let clone: Clone
  let namespace: Namespace
  let view: View
  let archives: Archives
  /// The last commit of all.
  let tip: Commit
  let all: [LedgerSegment]

  /// Returns nil for a namespace that is empty in that view.
  init?(_ clone: Clone, _ namespace: Namespace, _ view: View, _ archives: Archives) throws(Rejection) {
    guard let tip = try RefStore(clone: clone, namespace: namespace).ledger(view) else { return nil }
    self.clone = clone
    self.namespace = namespace
    self.view = view
    self.archives = archives
    self.tip = tip
    let label = try LedgerTrailers(tip).epoch
    let chain = try EpochChain(clone, namespace, view)
    var all = [LedgerSegment(label: label, since: chain.link(label)?.since, sealed: nil)]
    for link in chain.links.drop(while: { $0.label != label }) {
      guard let parent = link.parent else { break }
      all.append(LedgerSegment(label: parent.label, since: chain.link(parent.label)?.since, sealed: parent))
    }
    self.all = all
  }

  /// The last commit of an epoch.
  /// - Parameter brings: whether one that is not here is fetched; else it is nil.
  func tip(of segment: LedgerSegment, brings: Bool) throws(Rejection) -> Commit? {
    guard let sealed = segment.sealed else { return tip }
    if brings { return try archives.bring(sealed) }
    guard let reply = try clone.reader.read([.contents(sealed.ledger.hex)])[0] else { return nil }
    return try ObjectReader.commit(reply)
  }

  /// Seconds by which the clocks of those who write may differ.
  static let skew: Int64 = 86_400

  /// The commit of a transaction; nil where no epoch that can be had holds it.
  ///
  /// Its id says when it was made, so the epoch of that time comes first, and no more of it than needed. One that was
  /// pushed much later stands elsewhere.
  func commit(of id: TransactionID, brings: Bool) throws(Rejection) -> Commit? {
    let made = Int64(clamping: id.milliseconds / 1000)
    for (at, segment) in all.enumerated() {
      let end = at == 0 ? nil : all[at - 1].since
      guard (segment.since?.seconds ?? 0) <= made + Self.skew, (end?.seconds ?? .max) >= made - Self.skew,
        let tip = try tip(of: segment, brings: brings)
      else { continue }
      let bound = "--max-age=\(max(0, made - Self.skew))"
      if let found = try search(id, [bound, tip.id.hex]) { return found }
    }
    for segment in all {
      guard let tip = try? tip(of: segment, brings: brings) else { continue }
      if let found = try search(id, [tip.id.hex]) { return found }
    }
    return nil
  }

  private func search(_ id: TransactionID, _ range: [String]) throws(Rejection) -> Commit? {
    let listing = try clone.git.run(
      ["rev-list", "--fixed-strings", "--grep=KV-Txn: \(id)"] + range + ["--"]
    ).check("git rev-list")
    for line in listing.text.split(separator: "\n") {
      guard let found = ObjectID(String(line)) else { throw .io("git rev-list printed \(line.utf8.quoted)") }
      let commit = try clone.reader.commit(found)
      // A message may quote the trailer of another.
      if try LedgerTrailers(commit).transaction == id { return commit }
    }
    return nil
  }

  /// The last commit, in the order of the ledger, that was made at an instant or before; nil where all were made later.
  func commit(at instant: Timestamp) throws(Rejection) -> Commit? {
    for (at, segment) in all.enumerated() {
      let isOldest = at == all.count - 1
      if !isOldest, let since = segment.since, since > instant { continue }
      guard let tip = try tip(of: segment, brings: true) else { continue }
      if tip.committerSeconds <= instant.seconds { return tip }
      let answer = try clone.git.run(
        ["rev-list", "--max-count=1", "--min-age=\(instant.seconds)", tip.id.hex, "--"]
      ).check("git rev-list")
      if let found = ObjectID(answer.text) { return try clone.reader.commit(found) }
    }
    return nil
  }

  /// The epochs whose history is not here.
  func missing() throws(Rejection) -> [EpochLabel] {
    var labels: [EpochLabel] = []
    for segment in all where try tip(of: segment, brings: false) == nil { labels.append(segment.label) }
    return labels
  }
}
