/// The stateless second guard: what `update` and `reference-transaction` refuse without any memory of the push.
///
/// `update` sees one ref of a push: leader, deletion, server-owned refs, fast-forward. `reference-transaction` sees
/// every change of refs, also one made by hand: the refs of one transaction move forward together or not at all.
/// A repository that is not the leader follows another one, ref by ref, and is left alone by the second.
public struct RefGuard {
  private let repository: String
  private let git: Git

  /// - Parameter repository: the bare repository's folder.
  public init(repository: String, git: Git) {
    self.repository = repository
    self.git = git
  }

  /// The `update` hook: throws `.policy` or `.notLeader`.
  /// - Parameter isBacked: whether `reference-transaction` stands beside it and will judge fast-forwards, of all refs
  ///   of the push at once, before any of them moves; a process for each ref would say the same again.
  public func checkPushed(_ update: RefUpdate, isBacked: Bool) throws(Rejection) {
    if case .other = update.ref {
      _ = try PushPlan([update])
      return
    }
    let leader = try Leader.hold(in: repository)
    defer { _ = leader.raw }
    _ = try PushPlan([update])
    guard !isBacked, let old = update.old.id, let new = update.new.id else { return }
    let answer = try git.run(["merge-base", "--is-ancestor", old.hex, new.hex])
    if answer.status == 0 { return }
    guard try SealedEpoch(reader: try ObjectReader(git, format: update.format)).begins(update.ref, new, after: old)
    else { throw Self.notForward(update.ref) }
  }

  /// The `reference-transaction` hook in the state `prepared`: throws `.policy` or `.attestation`.
  public func checkPrepared(_ updates: [RefUpdate]) throws(Rejection) {
    var moves: [Namespace: [KVRef: OldValue]] = [:]
    for update in updates {
      guard case .kv(let ref) = update.ref, !ref.isServerOwned else { continue }
      moves[ref.namespace, default: [:]][ref] = update.new
    }
    if HookMain.isBackedPush() {
      try checkTogether(moves, updates)
      return
    }
    guard !moves.isEmpty, let format = updates.first?.format else { return }
    // Started first: it comes up while the leader file is read.
    let reader = try ObjectReader(git, format: format)
    // A follower copies refs one by one, and nobody can push to it: not even one who began while it was the leader.
    guard let leader = try Leader.holdUnlessFollower(in: repository) else {
      if HookMain.isPush() { _ = try Leader.hold(in: repository) }
      return
    }
    defer { _ = leader.raw }
    for (ns, refs) in moves { try check(ns, refs, reader) }
  }

  /// A push that our own pre-receive has just proved, with these very old and new values, which git compares again as it
  /// locks: what is left to see is whether the refs of each transaction move together, and whether this is the leader.
  private func checkTogether(_ moves: [Namespace: [KVRef: OldValue]], _ updates: [RefUpdate]) throws(Rejection) {
    guard !moves.isEmpty else { return }
    let leader = try Leader.hold(in: repository)
    defer { _ = leader.raw }
    for (ns, refs) in moves {
      let isSealed = refs.keys.contains(where: \.isArchive)
      let begins = isSealed || updates.contains { $0.ref == .kv(.ledger(ns)) && $0.old == .absent }
      let wanted: [KVRef] = [.ledger(ns), .index(ns)] + (begins ? [.epoch(ns)] : [])
      guard wanted.allSatisfy({ refs[$0]?.id != nil }) else { throw Self.alone(refs.keys.first ?? .ledger(ns)) }
    }
  }

  private static func alone(_ ref: KVRef) -> Rejection {
    .attestation(
      "\(ref.description.quoted) may not move alone: the refs of a transaction move together",
      hint: "push with --atomic, or update all refs of the transaction at once")
  }

  private func check(_ ns: Namespace, _ refs: [KVRef: OldValue], _ reader: ObjectReader) throws(Rejection) {
    let names = Array(refs.keys)
    let exact = ExactRefs(repository: repository, reader: reader)
    let held = try exact.read(names)
    // Writing what is there already changes nothing, nor does the second half of packing a ref.
    let packed = refs.values.contains(.absent) ? try PackedRefs(repository: repository) : nil
    let moving = zip(names, held).filter { ref, old in
      guard let new = refs[ref]?.id else { return packed?.keeps(ref, old) != true }
      return new != old
    }
    guard !moving.isEmpty else { return }
    for (ref, _) in moving where refs[ref]?.id == nil {
      throw .policy("\(ref.description.quoted) may not be deleted", hint: "delete keys with 'git kv del'")
    }
    guard let newLedger = refs[.ledger(ns)]?.id, let newIndex = refs[.index(ns)]?.id,
      moving.contains(where: { $0.0 == .ledger(ns) }), moving.contains(where: { $0.0 == .index(ns) })
    else {
      throw Self.alone(moving[0].0)
    }
    let ledger = try reader.commit(newLedger)
    let index = try reader.commit(newIndex)
    let trailers = try LedgerTrailers(ledger)
    let said = try IndexTrailers(index)
    guard trailers.namespace == ns, trailers.transaction == said.transaction, trailers.indexTree == index.tree,
      said.ledgerTree == ledger.tree
    else { throw .attestation("ledger \(newLedger) and index \(newIndex) do not belong to one transaction") }
    try checkEpoch(ns, moving: Set(moving.map(\.0)), exact)
    let oldLedger = zip(names, held).first { $0.0 == .ledger(ns) }?.1
    try checkChunks(ns, refs, ledger, since: oldLedger, moving: Set(moving.map(\.0)), exact)
    let sealed = SealedEpoch(reader: reader)
    try sealed.check(ns, refs, moving: Dictionary(uniqueKeysWithValues: moving), ledger)
    for (ref, old) in moving {
      guard let old, let new = refs[ref]?.id else { continue }
      if trailers.parent != nil, try sealed.begins(.kv(ref), new, after: old) { continue }
      let parents = ref == .ledger(ns) ? ledger.parents : ref == .index(ns) ? index.parents : []
      if parents == [old] { continue }
      let answer = try git.run(["merge-base", "--is-ancestor", old.hex, new.hex])
      guard answer.status == 0 else { throw Self.notForward(.kv(ref)) }
    }
  }

  /// The epoch ref comes with the first transaction.
  private func checkEpoch(_ ns: Namespace, moving: Set<KVRef>, _ exact: ExactRefs) throws(Rejection) {
    let epoch = KVRef.epoch(ns)
    if !moving.contains(epoch), try exact.read([epoch])[0] == nil {
      throw .attestation("the first transaction of \(ns.name.quoted) has to create \(epoch.description.quoted)")
    }
  }

  /// The chunks that the last of some transactions names stand in its chunks ref, and no chunks ref moves without one.
  private func checkChunks(
    _ ns: Namespace, _ refs: [KVRef: OldValue], _ ledger: Commit, since old: ObjectID?, moving: Set<KVRef>,
    _ exact: ExactRefs
  ) throws(Rejection) {
    var at = ledger
    var trailers = try LedgerTrailers(at)
    while trailers.chunksTree == nil, let parent = at.parents.first, parent != old {
      at = try exact.reader.commit(parent)
      trailers = try LedgerTrailers(at)
    }
    let chunks = KVRef.chunks(ns, trailers.epoch)
    for ref in moving {
      guard case .chunks = ref, ref != chunks || trailers.chunksTree == nil else { continue }
      throw .attestation("\(ref.description.quoted) may not move: no transaction names what it would hold")
    }
    if let tree = trailers.chunksTree {
      let held = try exact.read([chunks])[0]
      guard let tip = refs[chunks]?.id ?? held, try exact.reader.commit(tip).tree == tree else {
        throw .attestation("\(chunks.description.quoted) does not hold the chunks tree that the ledger names")
      }
    }
  }

  private static func notForward(_ ref: RefName) -> Rejection {
    .policy(
      "\(ref.description.quoted) would not move forward from what it holds", hint: "fetch, and build on the current tip"
    )
  }
}
