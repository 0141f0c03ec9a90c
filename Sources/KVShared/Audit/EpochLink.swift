/// One link of an epoch chain, proved as far as it goes alone: what it says of ledger, index and chunks is still to be
/// compared with these.
public struct EpochLink: Sendable {
  public let label: EpochLabel
  public let commit: ObjectID
  let transaction: TransactionID
  let record: EpochRecord
  /// The first ledger commit.
  public let root: ObjectID
  /// The epoch before and its last ledger commit; nil for a first epoch.
  public let parent: ParentEpoch?

  /// Reads a whole chain, the oldest link first.
  /// - Parameter tip: what the epoch ref holds; nil where there is none.
  /// - Returns: the links, and the number of signatures that were looked at.
  public static func chain(
    _ tip: ObjectID?, _ namespace: Namespace, rules: AuditRules, git: Git, reader: ObjectReader
  ) throws(AuditStop) -> (links: [EpochLink], signatures: Int) {
    var place = AuditPlace(commit: tip)
    guard let tip else { throw place.broken(.epoch, "there is no epoch chain") }
    let ids = try place.check(.epoch) { () throws(Rejection) in try CommitList(tip, git).ids }
    var links: [EpochLink] = []
    var signatures = 0
    for id in ids {
      place = AuditPlace(commit: id)
      let link = try place.check(.epoch) { () throws(Rejection) in
        let commit = try reader.commit(id)
        guard commit.parents == (links.last.map { [$0.commit] } ?? []) else {
          throw .attestation("epoch commit \(id) does not follow the one before it alone")
        }
        return try EpochLink(commit, namespace, after: links.last, reader)
      }
      guard !links.contains(where: { $0.label == link.label }) else {
        throw place.broken(.epoch, "there are two epochs \(link.label.name.quoted)")
      }
      place.epoch = link.label
      if rules.required != .none || link.parent != nil {
        let check =
          link.parent == nil
          ? SignatureCheck(writers: rules.writers, git: git)
          : SignatureCheck(writers: rules.admins, list: "admins", git: git)
        do throws(Rejection) {
          try check.check(try reader.commit(id))
        } catch {
          throw place.broken(.signature, error.message)
        }
        signatures += 1
      }
      links.append(link)
    }
    return (links, signatures)
  }

  private init(
    _ commit: Commit, _ namespace: Namespace, after last: EpochLink?, _ reader: ObjectReader
  ) throws(Rejection) {
    let said = try EpochTrailers(commit)
    func fault(_ text: String) -> Rejection { .attestation("epoch commit \(commit.id) \(text)") }
    guard said.namespace == namespace else { throw fault("is of another namespace") }
    let entries = try reader.entries(commit.tree)
    guard entries.count == 1, entries[0].name == EpochRecord.fileName, !entries[0].isTree,
      let reply = try reader.read([.contents(entries[0].id.hex)])[0],
      let record = CanonicalJSON.decode(EpochRecord.self, reply.bytes), record.v == 1
    else { throw fault("does not hold one canonical epoch.json") }
    guard record.label == said.epoch.name, let root = ObjectID(record.root.ledger) else {
      throw fault("is of another epoch than its epoch.json says")
    }
    guard record.parent == last?.label.name, (record.sealed == nil) == (last == nil) else {
      throw fault(
        "follows epoch \((last?.label.name ?? "-").quoted), but its epoch.json names \((record.parent ?? "-").quoted)")
    }
    var parent: ParentEpoch?
    if let last, let sealed = record.sealed {
      guard let head = ObjectID(sealed.ledger) else { throw fault("names no sealed head") }
      parent = ParentEpoch(label: last.label, ledger: head)
    }
    label = said.epoch
    self.commit = commit.id
    transaction = said.transaction
    self.record = record
    self.root = root
    self.parent = parent
  }

  /// Compares what it says of the first commits of its epoch, oldest first, with what is there.
  func check(
    ledger: [ObjectID], index: [ObjectID], chunks: [ObjectID]?, _ trailers: LedgerTrailers
  ) throws(AuditStop) {
    let place = AuditPlace(epoch: label, transaction: transaction, commit: commit)
    try place.expect(
      .epoch, ledger.first == root, "the ledger begins with \(ledger.first?.hex ?? "-"), but epoch.json says \(root)")
    try place.expect(
      .epoch, trailers.transaction == transaction, "epoch commit \(commit) belongs to another transaction than \(root)")
    try place.expect(
      .epoch, trailers.parent == parent,
      "the ledger follows \(trailers.parent?.ledger.hex ?? "no epoch"), but epoch.json says "
        + "\(parent?.ledger.hex ?? "no epoch")")
    if let first = index.first {
      try place.expect(
        .epoch, first.hex == record.root.index, "epoch.json names another first index commit than \(first)")
    }
    // The record of a first epoch is made before any chunk counts.
    if parent != nil, let chunks {
      try place.expect(
        .epoch, record.root.chunks == (trailers.chunksTree == nil ? nil : chunks.first?.hex),
        "epoch.json names another first chunks commit than \(chunks.first?.hex ?? "-")")
    }
  }

  /// Compares what it says of the epoch before with the refs of that.
  /// - Parameters:
  ///   - archive: what the archive holds, or its bundle replaces.
  ///   - chunks: what the chunks ref held; nil where that is not known here.
  public func checkSealed(archive: ObjectID?, chunks: ObjectID??) throws(AuditStop) {
    guard let parent else { return }
    let place = AuditPlace(epoch: parent.label, commit: parent.ledger)
    try place.expect(
      .epoch, archive == parent.ledger,
      "epoch \(parent.label.name.quoted) was sealed at \(parent.ledger), but its archive is at \(archive?.hex ?? "nothing")"
    )
    if let chunks {
      try place.expect(
        .epoch, record.sealed?.chunks == chunks?.hex,
        "epoch \(parent.label.name.quoted) was sealed with chunks \(record.sealed?.chunks ?? "-"), but they are at "
          + "\(chunks?.hex ?? "nothing")")
    }
  }

  /// What `Parent-Epoch-Index` of the first index commit has to be.
  var sealedIndex: String? { record.sealed?.index }
}
