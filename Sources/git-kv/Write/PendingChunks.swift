import KVShared

/// Knows which chunks a transaction builds on, and which the Stargate still lacks.
///
/// The chunks ref may be ahead of the ledger, where a command was stopped between the two; so what is pending is read
/// from the ledger, and the ref only tells where to look.
struct PendingChunks {
  let session: WriteSession

  private func ref(_ tips: Tips) -> KVRef {
    .chunks(session.namespace, tips.base?.trailers.epoch ?? session.firstEpoch)
  }

  /// What a transaction on some tips builds on.
  func base(for tips: Tips) throws(Rejection) -> ChunksBase {
    let home = session.chunks
    return ChunksBase(tip: try tip(of: tips), reader: try home.reader(), sink: try home.store())
  }

  private func tip(of tips: Tips) throws(Rejection) -> Commit? {
    if let replayed = tips.replayedChunks { return replayed.tip }
    let held = try session.chunks.tips(ref(tips))
    let reader = try session.chunks.reader()
    guard session.chunks.folder != nil else {
      return try held.working.map { (id) throws(Rejection) in try reader.commit(id) }
    }
    guard let tree = try lastTree(in: tips) else {
      return try held.landed.map { (id) throws(Rejection) in try reader.commit(id) }
    }
    var at = held.working
    while let id = at {
      let commit = try reader.commit(id)
      if commit.tree == tree { return commit }
      at = commit.parents.first
    }
    throw .io(
      "the chunks of pending transactions are not here", hint: "'git kv push --discard-pending' gives them up")
  }

  /// The chunks tree that pending transactions end with; nil where none of them brings chunks.
  private func lastTree(in tips: Tips) throws(Rejection) -> ObjectID? {
    // Most writes go on from what has landed; only others need to know of older epochs.
    guard let tip = tips.base?.ledger.id, try !session.refs.landedTips().contains(tip) else { return nil }
    let landed = try session.refs.landed()
    if landed.contains(tip) { return nil }
    let listing = try session.clone.git.run(["rev-list", tip.hex] + landed.map { "^\($0)" }).check("git rev-list")
    for line in listing.text.split(separator: "\n") {
      guard let id = ObjectID(String(line)) else { throw .io("git rev-list printed \(line.utf8.quoted)") }
      if let tree = try LedgerTrailers(try session.clone.reader.commit(id)).chunksTree { return tree }
    }
    return nil
  }

  /// The chunks that have to be pushed with pending transactions; nil for none.
  func unsent(in tips: Tips) throws(Rejection) -> (id: ObjectID, ref: KVRef)? {
    if let replayed = tips.replayedChunks { return replayed.tip.map { ($0.id, ref(tips)) } }
    guard try lastTree(in: tips) != nil else { return nil }
    return try tip(of: tips).map { ($0.id, ref(tips)) }
  }

  /// Fetches what is not here of the chunks that a transaction adds: the epoch that it was begun in had them, and so they
  /// were not stored.
  func bring(_ blobs: [ObjectID]) throws(Rejection) {
    guard let transport = session.transport else { return }
    let source = ChunkSource(
      home: session.chunks, transport: transport, urls: [transport.remote.pushURL], showsProgress: session.showsProgress
    )
    try source.bring(blobs)
  }

  /// Learns which chunks the Stargate has, where chunks are in play.
  func refresh(_ transport: Transport, _ mine: Tips) throws(Rejection) {
    if !session.chunks.isUsed, try lastTree(in: mine) == nil { return }
    let theirs = try session.refs.tips(.stargate)
    let ref = theirs.base == nil ? ref(mine) : ref(theirs)
    try ChunkTransport(transport: transport, home: session.chunks).fetchTrees(ref)
  }

  /// Whether the chunks of pending transactions build on what the Stargate has.
  func fit(_ mine: Tips) throws(Rejection) -> Bool {
    guard let unsent = try unsent(in: mine), let landed = try session.chunks.tips(unsent.ref).landed else {
      return true
    }
    var at: ObjectID? = unsent.id
    let reader = try session.chunks.reader()
    while let id = at {
      if id == landed { return true }
      at = try reader.commit(id).parents.first
    }
    return false
  }
}
