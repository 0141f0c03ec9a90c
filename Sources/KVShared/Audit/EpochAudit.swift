/// Walks an epoch from its first commit, and proves every transaction as a Stargate does when it comes.
///
/// Nothing is taken from the index or the chunks tree: both are computed, from nothing, by what the ledger demands.
public final class EpochAudit {
  let namespace: Namespace
  let epoch: AuditEpoch
  let rules: AuditRules
  let git: Git
  let reader: ObjectReader
  private let signatures: (writers: SignatureCheck, admins: SignatureCheck)
  private let proof: TransactionAudit
  private let planted: PlantedTrees
  private let link: EpochLink
  /// The tree of the last ledger commit of the epoch before, where it is here.
  private let sealedTree: ObjectID?
  public private(set) var progress: AuditProgress
  private var last: Commit?

  /// Transactions whose commits are read at once.
  private static let wave = 256

  /// - Parameters:
  ///   - reader: one that is used for nothing else.
  ///   - earlier: what another audit has proved.
  public init(
    _ namespace: Namespace, _ epoch: AuditEpoch, rules: AuditRules, git: Git, reader: ObjectReader, link: EpochLink,
    sealedTree: ObjectID?, after earlier: AuditProgress?
  ) {
    self.namespace = namespace
    self.epoch = epoch
    self.rules = rules
    self.git = git
    self.reader = reader
    self.link = link
    self.sealedTree = sealedTree
    signatures = (
      SignatureCheck(writers: rules.writers, git: git), SignatureCheck(writers: rules.admins, list: "admins", git: git)
    )
    planted = PlantedTrees(reader.format)
    reader.provesNames = true
    reader.planted = planted
    reader.blobBytes = rules.isDeep ? 64 << 20 : 1 << 16
    proof = TransactionAudit(namespace: namespace, rules: rules, reader: reader, planted: planted)
    progress = earlier ?? AuditProgress(epoch.label)
  }

  /// How many transactions the watchlog does not tell of yet.
  public private(set) var lag = 0
  /// How many transactions had been proved before.
  public private(set) var resumed = 0

  /// - Parameter each: called after every transaction, with the number of all.
  public func run(_ each: (AuditProgress, Int) throws(Rejection) -> Void) throws(AuditStop) {
    let place = AuditPlace(epoch: epoch.label)
    let ledger = try list(epoch.head, .chain)
    let index = try list(epoch.index, .index)
    let chunks = try list(epoch.chunks, .chunks)
    let log = WatchlogAudit(
      epoch: epoch.label, events: try list(epoch.watchlog, .watchlog), reader: reader)
    let first = try read(ledger.prefix(1), .chain).first
    if let first {
      let said = try place.check(.chain) { () throws(Rejection) in try LedgerTrailers(first) }
      try link.check(ledger: ledger, index: index, chunks: epoch.knowsChunks ? chunks : nil, said)
    }
    try place.expect(
      .index, epoch.index == nil || index.count == ledger.count,
      "there are \(ledger.count) ledger commits, but \(index.count) index commits")
    try resume(ledger, index, chunks)
    try log.resume(&progress, ledger)
    while progress.transactions < ledger.count {
      let wave = progress.transactions..<min(progress.transactions + Self.wave, ledger.count)
      let commits = try read(ledger[wave], .chain)
      let pairs = epoch.index == nil ? [] : try read(index[wave], .index)
      for (at, commit) in commits.enumerated() {
        try step(commit, index: pairs.isEmpty ? nil : pairs[at], chunks, log)
        do throws(Rejection) { try each(progress, ledger.count) } catch { throw .failed(error) }
      }
      reader.forgetTrees()
    }
    try place.expect(
      .chunks, rules.mayLackChunks || progress.chunksCommits == chunks.count,
      "a chunks commit belongs to no transaction: there are \(chunks.count), and transactions name "
        + "\(progress.chunksCommits)")
    lag = try log.finish(&progress, ledger, watermark: epoch.watermark)
  }

  private func list(_ tip: ObjectID?, _ link: BrokenLink.Link) throws(AuditStop) -> [ObjectID] {
    try AuditPlace(epoch: epoch.label, commit: tip).check(link) { () throws(Rejection) in try CommitList(tip, git).ids }
  }

  private func read(_ ids: some Sequence<ObjectID>, _ link: BrokenLink.Link) throws(AuditStop) -> [Commit] {
    let ids = Array(ids)
    let replies = try AuditPlace(epoch: epoch.label, commit: ids.first).check(link) { () throws(Rejection) in
      try reader.read(ids.map { .contents($0.hex) })
    }
    var commits: [Commit] = []
    for (id, reply) in zip(ids, replies) {
      commits.append(
        try AuditPlace(epoch: epoch.label, commit: id).check(link) { () throws(Rejection) in
          guard let reply else { throw .attestation("commit \(id) is missing") }
          return try ObjectReader.commit(reply)
        })
    }
    return commits
  }

  /// Takes up what was proved before: it counts as long as it stands where it stood.
  private func resume(_ ledger: [ObjectID], _ index: [ObjectID], _ chunks: [ObjectID]) throws(AuditStop) {
    let done = progress.transactions
    guard done > 0 else { return }
    func stands(_ count: Int, _ id: String?, in ids: [ObjectID]) -> Bool {
      count <= ids.count && (count == 0 || ids[count - 1].hex == id)
    }
    for (link, holds, id) in [
      (BrokenLink.Link.chain, stands(done, progress.ledger, in: ledger), progress.ledger),
      (.index, epoch.index == nil || progress.index == nil || stands(done, progress.index, in: index), progress.index),
      (
        .chunks, !epoch.knowsChunks || stands(progress.chunksCommits, progress.chunksCommit, in: chunks),
        progress.chunksCommit
      ),
    ] where !holds {
      throw AuditPlace(epoch: epoch.label, commit: id.flatMap { ObjectID($0) }).broken(
        link,
        "commit \(id ?? "-") was proved by an earlier audit, and is not in its place any more: history was rewritten")
    }
    resumed = done
    guard done < ledger.count else { return }
    let trees = [progress.indexTree, progress.chunksTree].compactMap { $0 }
    let place = AuditPlace(epoch: epoch.label)
    let here = try place.check(.index) { () throws(Rejection) in try reader.read(trees.map { .info($0) }) }
    guard here.allSatisfy({ $0?.kind == .tree }) else {
      // The trees of a sealed epoch's index, or of chunks elsewhere, are nowhere to go on from.
      progress = AuditProgress(epoch.label)
      resumed = 0
      return
    }
    last = try read([ledger[done - 1]], .chain)[0]
  }

  private func step(
    _ commit: Commit, index: Commit?, _ chunks: [ObjectID], _ log: WatchlogAudit
  ) throws(AuditStop) {
    var place = AuditPlace(epoch: epoch.label, commit: commit.id)
    let trailers = try place.check(.chain) { () throws(Rejection) in try LedgerTrailers(commit) }
    place.transaction = trailers.transaction
    let attested = AttestationAudit(namespace: namespace, epoch: epoch, link: link, place: place)
    try attested.ledger(commit, trailers, after: last, sealedTree: sealedTree)
    try sign(commit, place, isChange: trailers.parent != nil)
    if let index {
      try attested.index(index, trailers, commit, after: progress.index.flatMap { ObjectID($0) })
      if rules.required == .all { try sign(index, place, isChange: trailers.parent != nil) }
      progress.index = index.id.hex
    }
    if trailers.chunksTree != nil, epoch.knowsChunks {
      try place.expect(
        .chunks, progress.chunksCommits < chunks.count,
        "\(trailers.transaction) names a KV-Chunks-Tree, but its chunks commit is not there")
      let found = try read([chunks[progress.chunksCommits]], .chunks)[0]
      try attested.chunks(found, trailers, after: progress.chunksCommit.flatMap { ObjectID($0) })
      if rules.required == .all { try sign(found, place, isChange: trailers.parent != nil) }
      progress.chunksCommits += 1
      progress.chunksCommit = found.id.hex
    }
    let changes = try proof.prove(commit, trailers, after: last, place, &progress)
    try log.step(commit, trailers, changes, &progress)
    progress.transactions += 1
    progress.ledger = commit.id.hex
    last = commit
    planted.prune(to: [progress.indexTree, progress.chunksTree].compactMap { $0.flatMap { ObjectID($0) } })
  }

  /// A change of epoch is an admin's, and signed whatever the policy says of transactions.
  private func sign(_ commit: Commit, _ place: AuditPlace, isChange: Bool) throws(AuditStop) {
    guard isChange || rules.required != .none else { return }
    let check = isChange ? signatures.admins : signatures.writers
    var place = place
    place.commit = commit.id
    do throws(Rejection) {
      try check.check(commit)
    } catch {
      if case .policy(let text, _) = error { throw place.broken(.signature, text) }
      throw .failed(error)
    }
    progress.signatures += 1
  }
}
