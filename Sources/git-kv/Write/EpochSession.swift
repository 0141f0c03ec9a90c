import KVShared

/// Seals the current epoch and begins the next one.
struct EpochSession {
  let session: WriteSession
  let label: EpochLabel
  /// Subject and body of the new ledger commit; nil for our own.
  var text: String?
  var extra: [Trailer] = []

  /// How a change of epoch ended.
  struct Result: Encodable {
    let ns: String
    let txn: String
    let epoch: String
    /// The sealed epoch, and its last ledger commit.
    let parent: String
    let sealed: String
    /// The first commits of the new one.
    let ledger: String
    let index: String
    let tree: String
    let keys: Int
    let tombstones: Int
    let pushed: Bool
    let tries: Int

    var words: String {
      "[\(ns) \(txn)] epoch \(epoch) begins with \(keys) keys, \(tombstones) tombstones left behind; "
        + "\(parent) is sealed at \(sealed.prefix(12))\(pushed ? "" : " (no remote)")"
    }
  }

  /// Lands the change. Whoever wins a race against it is sealed too: it is built again on what he left.
  /// Throws `.policy` for a label that was there before or where nobody can sign, `.io` where transactions are pending.
  func run() throws(Rejection) -> Result {
    guard session.transport == nil || session.signer.hasKey else {
      throw .policy(
        "an admin signs a change of epoch, and no signing key is configured",
        hint: "git config gpg.format ssh; git config user.signingKey ~/.ssh/id_ed25519")
    }
    let turn = try session.clone.takeTurn()
    defer { _ = turn.raw }
    let id = TransactionID.fresh()
    let mine = try session.refs.tips(.working)
    var pause = Backoff()
    var tries = 0
    while true {
      let tips = try current(mine)
      guard let base = tips.base, let epochTip = tips.epoch else {
        throw .io(
          "namespace \(session.namespace.name.quoted) is empty, so there is nothing to seal",
          hint: "begin with 'git kv init --epoch LABEL'")
      }
      try checkLabel(epochTip)
      let (built, sealedChunks) = try build(base, epochTip, id)
      guard let transport = session.transport else {
        guard try session.refs.move(changes(built, base, mine, keepsArchive: true)) else { continue }
        return result(built, base, pushed: false, tries: 0)
      }
      tries += 1
      switch try push(built, base, sealedChunks, transport) {
      case .accepted:
        try land(built, base, mine)
        return result(built, base, pushed: true, tries: tries)
      case .lostRace(let reason):
        guard tries < WriteSession.maxTries else {
          throw .lostRace("gave up after \(tries) tries: \(reason.message)")
        }
        if case .remote = reason {} else { pause.sleep() }
      }
    }
  }

  /// What is sealed: the Stargate's tips, or without a remote the working copy.
  private func current(_ mine: Tips) throws(Rejection) -> Tips {
    guard let transport = session.transport else { return mine }
    try transport.fetch(.stargate, from: transport.remote.pushURL)
    let theirs = try session.refs.tips(.stargate)
    guard try Lineage(refs: session.refs, archives: session.archives).relation(of: mine, to: theirs) == .behind else {
      throw .io(
        "transactions of \(session.namespace.name.quoted) are pending here, and would not be part of the sealed epoch",
        hint: "'git kv push' sends them")
    }
    return theirs
  }

  private func checkLabel(_ epochTip: ObjectID) throws(Rejection) {
    let chain = try EpochChain(session.clone, session.namespace, tip: epochTip)
    guard chain.link(label) == nil else {
      throw .policy("there has been an epoch \(label.name.quoted) already", hint: "choose another label")
    }
  }

  private func build(
    _ base: TransactionBase, _ epochTip: ObjectID, _ id: TransactionID
  ) throws(Rejection) -> (BuiltEpoch, sealedChunks: ObjectID?) {
    let home = session.chunks
    let ref = KVRef.chunks(session.namespace, base.trailers.epoch)
    if let transport = session.transport { try ChunkTransport(transport: transport, home: home).fetchTrees(ref) }
    let held = try home.tips(ref)
    let reader = try home.reader()
    let tip = try (home.folder == nil ? held.working : held.landed).map { (id) throws(Rejection) in
      try reader.commit(id)
    }
    let maker = TransactionBuilder(
      namespace: session.namespace, reader: session.clone.reader, sink: session.store, authority: session.signer)
    let built = try EpochBuilder(maker).build(
      label, sealing: base, epochTip: epochTip,
      chunks: ChunksBase(tip: tip, reader: reader, sink: try home.store()), id: id, signs: session.signer.hasKey,
      text: text, extra: extra)
    try session.store.flush()
    try home.flush()
    return (built, tip?.id)
  }

  private func push(
    _ built: BuiltEpoch, _ base: TransactionBase, _ sealedChunks: ObjectID?, _ transport: Transport
  ) throws(Rejection) -> Transport.Outcome {
    let ns = session.namespace
    var refs: [(id: ObjectID, ref: KVRef)] = [
      (built.ledger, .ledger(ns)), (built.index, .index(ns)), (built.epochCommit, .epoch(ns)),
      (base.ledger.id, .archive(ns, base.trailers.epoch)),
    ]
    if let chunks = built.chunks { refs.append((chunks, .chunks(ns, built.label))) }
    var sealed = [built.ledger: base.ledger.id, built.index: base.index.id]
    if let chunks = built.chunks { sealed[chunks] = sealedChunks }
    return try transport.push(
      refs, leases: [.ledger(ns): base.ledger.id, .index(ns): base.index.id], grafts: try Grafts(sealed),
      chunksIn: built.chunks.map { _ in session.chunks }, isLarge: true, progress: session.showsProgress)
  }

  /// Notes what the Stargate has now, and brings the working copy along.
  private func land(_ built: BuiltEpoch, _ base: TransactionBase, _ mine: Tips) throws(Rejection) {
    let refs = session.refs
    if let chunks = built.chunks {
      try session.chunks.note(.chunks(session.namespace, built.label), chunks, [.stargate, .working])
    }
    let noted = refs.note(.stargate, ledger: built.ledger, index: built.index, epoch: built.epochCommit)
    if try !refs.move(changes(built, base, mine, keepsArchive: false) + noted) {
      _ = try refs.move(noted)
      _ = try refs.fastForward(to: .stargate, session.archives)
    }
  }

  /// - Parameter keepsArchive: whether this repository is the store, and keeps old epochs and all chunks itself.
  private func changes(
    _ built: BuiltEpoch, _ base: TransactionBase, _ mine: Tips, keepsArchive: Bool
  ) -> [RefStore.Change] {
    let ns = session.namespace
    var changes = session.refs.advance(from: mine, to: built)
    guard keepsArchive else { return changes }
    changes.append(
      RefStore.Change(name: View.working.name(of: .archive(ns, base.trailers.epoch)), new: base.ledger.id))
    if let chunks = built.chunks, session.chunks.folder == nil {
      changes.append(RefStore.Change(name: View.working.name(of: .chunks(ns, built.label)), new: chunks))
    }
    return changes
  }

  private func result(_ built: BuiltEpoch, _ base: TransactionBase, pushed: Bool, tries: Int) -> Result {
    Result(
      ns: session.namespace.name, txn: built.id.text, epoch: built.label.name, parent: base.trailers.epoch.name,
      sealed: base.ledger.id.hex, ledger: built.ledger.hex, index: built.index.hex, tree: built.tree.hex,
      keys: built.keys, tombstones: built.tombstones, pushed: pushed, tries: tries)
  }
}
