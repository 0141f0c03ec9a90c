/// Judges a whole push, or says why not: the only place that gives a verdict.
public struct PushVerifier {
  private let repository: String
  private let git: Git

  /// - Parameter repository: the bare repository's folder.
  public init(repository: String, git: Git) {
    self.repository = repository
    self.git = git
  }

  /// Proves every line of a push (V1 to V10) before any ref moves; then the mirror has its say on ordinary branches.
  public func accept(_ updates: [RefUpdate]) throws(Rejection) -> [VerifiedTransaction] {
    // Started first: it comes up while leader and policy are read.
    let reader = try updates.first { if case .kv = $0.ref { true } else { false } }.map { (update) throws(Rejection) in
      try ObjectReader(git, format: update.format)
    }
    let leader = try Leader.hold(in: repository)
    defer { _ = leader.raw }
    let plan = try PushPlan(updates)
    let policy = try PolicyFile.load(repository: repository)
    let relay = try BranchRule(repository: repository, git: git).decide(plan.others, policy)
    var proved: [VerifiedTransaction] = []
    var turns: [Turn] = []
    if let reader {
      guard let policy else {
        throw .policy(
          "this Stargate has no policy: \(PolicyFile.name) is missing",
          hint: "write one; until then every write is refused")
      }
      for (ns, move) in plan.moves.sorted(by: { $0.key.name < $1.key.name }) {
        guard let rules = policy.namespaces[ns] else {
          throw .policy(
            "namespace \(ns.name.quoted) is not in the policy", hint: "add it under 'namespaces' in \(PolicyFile.name)")
        }
        let (transactions, turn) = try verify(move, ns, rules, admins: policy.stargate.admins, reader)
        proved += transactions
        // A push that still has to go to the mirror keeps its turns: nobody shall move its refs meanwhile.
        if relay == nil { turn.linger() } else { turns.append(turn) }
      }
    }
    // Last, since it cannot be undone.
    try relay?.run(in: updates)
    for turn in turns { turn.linger() }
    return proved
  }

  private func verify(
    _ move: PushPlan.Move, _ ns: Namespace, _ rules: NamespacePolicy, admins: [AuthorizedKey], _ reader: ObjectReader
  ) throws(Rejection) -> ([VerifiedTransaction], Turn) {
    guard let ledger = move.ledger, let index = move.index else {
      let what =
        move.ledger != nil
        ? "the ledger without the index"
        : move.index != nil
          ? "the index without the ledger" : move.chunks != nil ? "the chunks alone" : "neither ledger nor index"
      throw .attestation(
        "the push moves \(what) of \(ns.name.quoted)", hint: "a transaction is one commit on each; push them together")
    }
    guard let tip = ledger.new.id else {
      throw .policy("the ledger may not be deleted", hint: "delete keys with 'git kv del'")
    }
    let said = try LedgerTrailers(try reader.commit(tip))
    let turn = Turn(repository: repository, namespace: ns, transaction: said.transaction)
    let chunksRef = KVRef.chunks(ns, said.epoch)
    if let chunks = move.chunks, chunks.ref != .kv(chunksRef) {
      throw .attestation(
        "\(chunks.ref.description.quoted) is not of the transaction's epoch, \(said.epoch.name.quoted)")
    }
    let sealedChunks = said.parent.map { KVRef.chunks(ns, $0.label) }
    let held = try held(
      [ledger, index, move.chunks, move.epoch, move.archive].compactMap { $0 }, and: sealedChunks ?? chunksRef, reader)
    if let race = held.race {
      if said.comesBack { turn.leave(to: said.transaction) }
      throw race
    }
    if move.archive != nil {
      return ([try change(move, ns, rules, admins: admins, sealedChunks: held.chunks, reader)], turn)
    }
    let chains = TransactionPairing(
      namespace: ns, ledger: try CommitChain(ledger, reader: reader, git: git),
      index: try CommitChain(index, reader: reader, git: git),
      chunks: try move.chunks.map { (update) throws(Rejection) in try CommitChain(update, reader: reader, git: git) })
    let epoch = try FirstEpoch(reader: reader).check(move.epoch, chains)
    let candidates = try chains.pair(firstEpoch: epoch?.label)
    if rules.requireSignedCommits != .none {
      let signatures = SignatureCheck(writers: rules.writers, git: git)
      for candidate in candidates { try signatures.check(candidate.ledger) }
      if let epoch { try signatures.check(epoch.commit) }
      if rules.requireSignedCommits == .all {
        for candidate in candidates { try signatures.check(candidate.index) }
        for commit in chains.chunks?.commits ?? [] { try signatures.check(commit) }
      }
    }
    let proof = TransactionProof(rules: rules, reader: reader)
    var chunksTree = try held.chunks.map { (id) throws(Rejection) in try reader.commit(id).tree }
    // Nothing larger is ever looked into, whatever a push brings along.
    reader.blobBytes = max(rules.verify == .deep ? rules.maxValueInline : 0, 1 << 16)
    let proved = try candidates.map { (candidate) throws(Rejection) in
      // Trees are remembered for one transaction, so that a long push needs no more memory than a short one.
      defer {
        reader.forgetTrees()
        chunksTree = candidate.trailers.chunksTree ?? chunksTree
      }
      return try proof.prove(candidate, chunksTree: chunksTree)
    }
    return (proved, turn)
  }

  /// A change of epoch is an admin's, and signed whatever the policy says of transactions.
  private func change(
    _ move: PushPlan.Move, _ ns: Namespace, _ rules: NamespacePolicy, admins: [AuthorizedKey], sealedChunks: ObjectID?,
    _ reader: ObjectReader
  ) throws(Rejection) -> VerifiedTransaction {
    let change = EpochChange(namespace: ns, reader: reader)
    let refs = try EpochChange.Refs(move, ns)
    let commits = try change.commits(refs)
    let signatures = SignatureCheck(writers: admins, list: "admins", git: git)
    var signed = [commits.ledger, commits.epoch]
    if rules.requireSignedCommits == .all { signed += [commits.index] + (commits.chunks.map { [$0] } ?? []) }
    for commit in signed { try signatures.check(commit) }
    return VerifiedTransaction(proved: try change.prove(refs, commits, sealedChunks: sealedChunks))
  }

  /// What the moved refs hold now, and the chunks ref beside them.
  ///
  /// A ref that has moved since the client looked is a lost race; saying so before any proof keeps losers cheap.
  private func held(
    _ updates: [RefUpdate], and chunks: KVRef, _ reader: ObjectReader
  ) throws(Rejection) -> (race: Rejection?, chunks: ObjectID?) {
    let refs = updates.compactMap { if case .kv(let ref) = $0.ref { ref } else { nil } }
    let now = try ExactRefs(repository: repository, reader: reader).read(refs + [chunks])
    for (update, held) in zip(updates, now) where held != update.old.id {
      return (.lostRace("\(update.ref.description.quoted) has moved since this push was made"), nil)
    }
    return (nil, now[refs.count])
  }
}
