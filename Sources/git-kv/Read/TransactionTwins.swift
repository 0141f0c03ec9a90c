import KVShared

/// Finds the commits that stand beside the ledger commit of a transaction, where they are here.
struct TransactionTwins {
  let clone: Clone
  let namespace: Namespace
  let source: ChunkSource

  /// The index commit: as far behind the tip of the index as the ledger commit is behind that of the ledger. The index of
  /// a sealed epoch is not kept.
  func index(of moment: Moment) throws(Rejection) -> ObjectID? {
    for view in [View.working, .stargate, .mirror] {
      let ledger = view.name(of: .ledger(namespace))
      guard let tip = try clone.reader.read([.info(ledger)])[0]?.id,
        try RefStore(clone: clone, namespace: namespace).isAncestor(moment.commit.id, of: tip)
      else { continue }
      let count = try clone.git.run(["rev-list", "--count", "\(moment.commit.id)..\(tip)"]).check("git rev-list").text
      let name = "\(view.name(of: .index(namespace)))~\(count)"
      guard let reply = try clone.reader.read([.contents(name)])[0], let commit = try? ObjectReader.commit(reply),
        try IndexTrailers(commit).transaction == moment.trailers.transaction
      else { continue }
      return commit.id
    }
    return nil
  }

  /// The chunks commit: the one whose tree the ledger commit names.
  func chunks(of moment: Moment) throws(Rejection) -> ObjectID? {
    guard let tree = moment.trailers.chunksTree else { return nil }
    let tips = try source.home.tips(.chunks(namespace, moment.trailers.epoch))
    guard let tip = tips.working ?? tips.landed else { return nil }
    let log = try source.home.inside(clone.git).run(["log", "--no-show-signature", "--format=%H %T", tip.hex, "--"])
    let line = log.text.split(separator: "\n").first { $0.hasSuffix(" \(tree)") }
    return line.flatMap { ObjectID(String($0.prefix { $0 != " " })) }
  }
}
