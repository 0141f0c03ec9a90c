import Glibc
import KVShared

/// Carries a draft from the clone's last known tips to a landed transaction.
///
/// A write builds on what the clone has, without asking. Only when the Stargate says that somebody was faster does it
/// fetch, move what is pending onto the new tips, and try again.
struct WriteSession {
  let clone: Clone
  let namespace: Namespace
  let remote: Remote?
  let signer: Signer
  let store: ObjectStore
  let chunks: ChunkHome
  /// nil keeps the transaction here.
  let transport: Transport?
  let showsProgress: Bool
  /// The epoch a namespace begins with.
  let firstEpoch: EpochLabel

  static let maxTries = 10
  /// A push that git itself gave up, because the Stargate already showed something newer, never came to the place in line
  /// that a refused one leaves: it is tried more often.
  static let maxMisses = 100

  var refs: RefStore { RefStore(clone: clone, namespace: namespace) }

  /// Builds and lands a draft. Throws `.conflict` for a compare-and-swap that does not hold, `.lostRace` after the last try.
  ///
  /// The working copy moves only once the transaction has landed: a command that fails leaves it where it was.
  func commit(_ draft: Draft) throws(Rejection) -> WriteResult {
    var draft = draft
    let turn = try clone.takeTurn()
    defer { _ = turn.raw }
    let row = RowBuilder(session: self)
    var pause = Backoff()
    // What the Stargate was found to have; until it has been asked, the working copy is built on.
    var found: Tips?
    var (tries, refusals) = (0, 0)
    while true {
      let mine = try refs.tips(.working)
      // What is to become of the whole store is decided by what it is now.
      if draft.derive != nil, transport != nil, found == nil { found = try catchUp(mine) }
      let tips = found ?? mine
      if let derive = draft.derive { draft.edits = try derive(tips) }
      if tips.base == nil, transport != nil, found == nil {
        found = try catchUp(mine)
        continue
      }
      // What the clone knows may be old: before a draft fails on it, the Stargate is asked once.
      let made: BuiltTransaction?
      do throws(Rejection) {
        made = try row.build(draft, on: tips)
      } catch  where error.isAboutState && transport != nil && found == nil {
        found = try catchUp(mine)
        continue
      }
      guard let built = made else { return unchanged(tips, tries: tries) }
      guard let transport else {
        guard try keep(built, on: tips, from: mine) else { continue }
        return result(built, pushed: false, tries: 0)
      }
      tries += 1
      switch try push(built, on: tips, from: mine, transport, isLarge: built.keysSet + built.keysDeleted > 1000) {
      case .accepted: return result(built, pushed: true, tries: tries)
      case .lostRace(let reason):
        if draft.expectedTree != nil {
          throw try conflict(draft, try catchUp(mine).base, "the store has moved: \(reason.message)")
        }
        // A Stargate that refused the push itself has left us the turn: hurry.
        if case .remote = reason {
          refusals += 1
        } else {
          pause.sleep()
        }
        guard refusals < Self.maxTries, tries < Self.maxMisses else {
          throw .lostRace("gave up after \(tries) tries: \(reason.message)")
        }
        found = try catchUp(mine)
      }
    }
  }

  /// Sends every transaction that the Stargate has not.
  func pushPending() throws(Rejection) -> WriteResult {
    let transport = try requireTransport()
    let turn = try clone.takeTurn()
    defer { _ = turn.raw }
    let mine = try refs.tips(.working)
    var tips = mine
    var pause = Backoff()
    var tries = 0
    while true {
      guard let base = tips.base else {
        throw .io(
          "namespace \(namespace.name.quoted) has nothing to push", hint: "begin with 'git kv set' or 'git kv init'")
      }
      if try refs.tips(.stargate).base?.ledger.id == base.ledger.id {
        _ = try refs.move(refs.advance(from: mine, to: base, epoch: tips.epoch))
        return unchanged(tips, tries: tries)
      }
      var ids: [(id: ObjectID, ref: KVRef)] = [
        (base.ledger.id, .ledger(namespace)), (base.index.id, .index(namespace)),
      ]
      if let epoch = tips.epoch { ids.append((epoch, .epoch(namespace))) }
      let unsent = try pending.unsent(in: tips)
      if let unsent { ids.append(unsent) }
      tries += 1
      switch try transport.push(ids, chunksIn: unsent.map { _ in chunks }, isLarge: true, progress: showsProgress) {
      case .accepted:
        if let unsent { try chunks.note(unsent.ref, unsent.id, [.stargate, .working]) }
        let noted = refs.note(.stargate, ledger: base.ledger.id, index: base.index.id, epoch: tips.epoch)
        _ = try refs.move(refs.advance(from: mine, to: base, epoch: tips.epoch) + noted)
        return WriteResult(
          ns: namespace.name, txn: base.trailers.transaction.text, epoch: base.trailers.epoch.name,
          ledger: base.ledger.id.hex, index: base.index.id.hex, tree: base.ledger.tree.hex, set: base.trailers.keysSet,
          del: base.trailers.keysDeleted, pushed: true, tries: tries)
      case .lostRace(let reason):
        guard tries < Self.maxTries else { throw reason }
        if case .remote = reason {} else { pause.sleep() }
        tips = try catchUp(mine)
      }
    }
  }

  /// Gives up what is pending: the working copy goes to what the Stargate has, and a ref keeps what it held.
  func discardPending() throws(Rejection) -> WriteResult {
    let transport = try requireTransport()
    let turn = try clone.takeTurn()
    defer { _ = turn.raw }
    let mine = try refs.tips(.working)
    try transport.fetch(.stargate, from: transport.remote.pushURL)
    let theirs = try refs.tips(.stargate)
    guard let target = theirs.base else {
      throw .io("the Stargate has no namespace \(namespace.name.quoted)", hint: "'git kv push' begins it")
    }
    var changes = refs.advance(from: mine, to: target, epoch: theirs.epoch)
    if let unsent = try? pending.unsent(in: mine) { try chunks.note(unsent.ref, unsent.id, [.discarded]) }
    if let base = mine.base {
      changes += refs.note(.discarded, ledger: base.ledger.id, index: base.index.id, epoch: nil)
    }
    guard try refs.move(changes) else { throw .io("another process moved the refs of \(namespace.name.quoted)") }
    return unchanged(theirs, tries: 0)
  }

  private func requireTransport() throws(Rejection) -> Transport {
    guard let transport else {
      throw .io("there is no remote to push to", hint: "git remote add origin URL; git kv remote setup")
    }
    return transport
  }

  /// Learns what the Stargate has, and says what to build on: its tips, or the working copy where that is ahead of them,
  /// or, where the two have parted, its tips with the pending transactions replayed. No ref of the working copy moves.
  func catchUp(_ mine: Tips) throws(Rejection) -> Tips {
    guard let transport else { return mine }
    try transport.fetch(.stargate, from: transport.remote.pushURL)
    let theirs = try refs.tips(.stargate)
    try pending.refresh(transport, mine)
    guard let target = theirs.base else { return mine }
    guard let base = mine.base else { return theirs }
    let lineage = Lineage(refs: refs, archives: archives)
    switch try lineage.relation(of: mine, to: theirs) {
    case .behind: return theirs
    case .ahead where try pending.fit(mine): return mine
    case .ahead, .parted: break
    }
    let sealed =
      try target.trailers.epoch == base.trailers.epoch ? nil : lineage.sealed(base.trailers.epoch, in: theirs)
    return try Replay(session: self).run(base, onto: theirs, sealed: sealed?.ledger)
  }

  /// Older epochs, from the Stargate.
  var archives: Archives {
    Archives(
      clone: clone, namespace: namespace, view: .stargate, place: transport.map { ($0, $0.remote.pushURL) })
  }

  /// The chunks that a new value builds on, as fresh as the Stargate has them where it may be asked.
  func chunksBase() throws(Rejection) -> ChunksBase {
    if let base = chunks.base { return base }
    var tips = try refs.tips(.working)
    if let transport, !chunks.isUsed {
      if tips.base == nil {
        try transport.fetch(.stargate, from: transport.remote.pushURL)
        tips = try refs.tips(.stargate)
      }
      let epoch = tips.base?.trailers.epoch ?? firstEpoch
      try ChunkTransport(transport: transport, home: chunks).fetchTrees(.chunks(namespace, epoch))
    }
    let base = try pending.base(for: tips)
    chunks.base = base
    return base
  }

  var pending: PendingChunks { PendingChunks(session: self) }

  /// Keeps a transaction here.
  private func keep(_ built: BuiltTransaction, on tips: Tips, from mine: Tips) throws(Rejection) -> Bool {
    let ref = KVRef.chunks(namespace, built.epoch)
    // The chunks' own ref first: one that is ahead of the ledger is passed over, one that is behind is not found.
    if let tip = built.chunks { try chunks.note(ref, tip, [.working]) }
    return try refs.move(
      refs.advance(
        from: mine, to: built, epoch: built.epochCommit ?? tips.epoch, chunks: chunks.folder == nil ? ref : nil))
  }

  private func push(
    _ built: BuiltTransaction, on tips: Tips, from mine: Tips, _ transport: Transport, isLarge: Bool
  ) throws(Rejection) -> Transport.Outcome {
    var ids: [(id: ObjectID, ref: KVRef)] = [(built.ledger, .ledger(namespace)), (built.index, .index(namespace))]
    // A namespace that was begun here takes its epoch along.
    let epoch = built.epochCommit ?? tips.epoch
    if let epoch, try refs.tips(.stargate).epoch != epoch { ids.append((epoch, .epoch(namespace))) }
    var unsent: (id: ObjectID, ref: KVRef)?
    if let tip = built.chunks {
      unsent = (tip, .chunks(namespace, built.epoch))
    } else {
      unsent = try pending.unsent(in: tips)
    }
    if let unsent { ids.append(unsent) }
    let outcome = try transport.push(
      ids, chunksIn: unsent.map { _ in chunks }, isLarge: isLarge || unsent != nil, progress: showsProgress)
    if case .accepted = outcome {
      if let (tip, ref) = unsent { try chunks.note(ref, tip, [.stargate, .working]) }
      let noted = refs.note(.stargate, ledger: built.ledger, index: built.index, epoch: epoch)
      if try !refs.move(
        refs.advance(from: mine, to: built, epoch: built.epochCommit ?? tips.epoch, chunks: nil) + noted)
      {
        _ = try refs.move(noted)
        _ = try refs.fastForward(to: .stargate, archives)
      }
    }
    return outcome
  }

  /// Leaves out what is so already, and checks what the draft expects of its base.
  func effective(_ draft: Draft, on base: TransactionBase?) throws(Rejection) -> [Key: KeyEdit] {
    if let expected = draft.expectedTree, expected != (base?.ledger.tree ?? clone.format.emptyTree) {
      throw try conflict(draft, base, "the ledger tree is not \(expected)")
    }
    let here = try LedgerTree.lookup(
      draft.edits.keys, in: base?.ledger.tree, namespace: namespace, reader: clone.reader)
    for (key, blob) in draft.expectedBlobs where here[key]?.data != blob {
      throw try conflict(draft, base, "the blob of \(key.description.quoted) is not \(blob?.hex ?? "absent")")
    }
    for key in draft.mustExist where here[key] == nil { throw .noSuchKey("no such key: \(key.description.quoted)") }
    return Self.changed(draft.edits, here)
  }

  /// Leaves out what is so already.
  func changed(_ edits: [Key: KeyEdit], on base: TransactionBase?) throws(Rejection) -> [Key: KeyEdit] {
    let here = try LedgerTree.lookup(
      edits.keys, in: base?.ledger.tree, namespace: namespace, reader: clone.reader)
    return Self.changed(edits, here)
  }

  private static func changed(_ edits: [Key: KeyEdit], _ here: [Key: LedgerTree.Slot]) -> [Key: KeyEdit] {
    edits.filter { key, edit in here[key] != edit.slot }
  }

  private func conflict(
    _ draft: Draft, _ base: TransactionBase?, _ what: String
  ) throws(Rejection) -> Rejection {
    let here = try LedgerTree.lookup(
      draft.edits.keys, in: base?.ledger.tree, namespace: namespace, reader: clone.reader)
    return .conflict(
      what, tree: (base?.ledger.tree ?? clone.format.emptyTree).hex,
      blob: draft.edits.keys.first.flatMap { here[$0]?.data.hex })
  }

  private func unchanged(_ tips: Tips, tries: Int) -> WriteResult {
    WriteResult(
      ns: namespace.name, txn: nil, epoch: tips.base?.trailers.epoch.name, ledger: tips.base?.ledger.id.hex,
      index: tips.base?.index.id.hex, tree: tips.base?.ledger.tree.hex, set: 0, del: 0, pushed: false, tries: tries)
  }

  private func result(_ built: BuiltTransaction, pushed: Bool, tries: Int) -> WriteResult {
    WriteResult(
      ns: namespace.name, txn: built.id.text, epoch: built.epoch.name, ledger: built.ledger.hex,
      index: built.index.hex, tree: built.ledgerTree.hex, set: built.keysSet, del: built.keysDeleted, pushed: pushed,
      tries: tries, transactions: built.transactions > 1 ? built.transactions : nil)
  }
}

extension Rejection {
  /// Whether fresher knowledge of the store might answer otherwise.
  fileprivate var isAboutState: Bool {
    switch self {
    case .noSuchKey, .conflict: true
    default: false
    }
  }
}

/// Waits between tries: a random part of a span that doubles, so that many writers spread out.
struct Backoff {
  private var milliseconds: UInt32 = 30
  private static let most: UInt32 = 1000

  mutating func sleep() {
    usleep(UInt32.random(in: 0...milliseconds) * 1000)
    milliseconds = min(milliseconds * 2, Self.most)
  }
}
