import KVShared

/// How two tips of a ledger stand to each other, across changes of epoch.
struct Lineage {
  let refs: RefStore
  /// Gets what an older epoch holds, where that is not here.
  let archives: Archives

  enum Relation {
    /// The first is the second, or comes before it.
    case behind
    /// The first holds more than the second.
    case ahead
    /// Neither holds the other.
    case parted
  }

  /// Compares what is here with what a place shows.
  func relation(of mine: Tips, to theirs: Tips) throws(Rejection) -> Relation {
    guard let ours = mine.base else { return .behind }
    guard let target = theirs.base else { return .ahead }
    if try holds(ours, in: theirs) { return .behind }
    return try holds(target, in: mine) ? .ahead : .parted
  }

  /// Whether a commit is a tip's, or comes before it, in its epoch or in one sealed since.
  private func holds(_ base: TransactionBase, in tips: Tips) throws(Rejection) -> Bool {
    guard let tip = tips.base else { return false }
    if base.trailers.epoch == tip.trailers.epoch { return try refs.isAncestor(base.ledger.id, of: tip.ledger.id) }
    guard let parent = try sealed(base.trailers.epoch, in: tips) else { return false }
    if parent.ledger == base.ledger.id { return true }
    return try refs.isAncestor(base.ledger.id, of: try archives.bring(parent).id)
  }

  /// Where an epoch was sealed, as a view's epoch chain says; nil where it was not.
  func sealed(_ label: EpochLabel, in tips: Tips) throws(Rejection) -> ParentEpoch? {
    try EpochChain(refs.clone, refs.namespace, tip: tips.epoch).links.lazy.compactMap(\.parent).first {
      $0.label == label
    }
  }
}
