/// The beginning of a namespace: its first transaction creates the epoch ref too, and nothing else may move it.
struct FirstEpoch {
  let reader: ObjectReader

  /// Checks the epoch commit of a first transaction; returns nil for a later one.
  /// Throws `.attestation`, and `.policy` for an epoch ref that moves without a sealed epoch beside it.
  func check(_ update: RefUpdate?, _ chains: TransactionPairing) throws(Rejection) -> (
    commit: Commit, label: EpochLabel
  )? {
    guard let root = chains.ledger.commits.first, let indexRoot = chains.index.commits.first,
      chains.ledger.base == nil
    else {
      if let update {
        throw .policy(
          "\(update.ref.description.quoted) is moved by a change of epoch alone",
          hint: "'git kv epoch new' makes one, and seals the old epoch in the same push")
      }
      return nil
    }
    guard let update, let new = update.new.id, update.old == .absent else {
      throw .attestation("the first transaction of \(chains.namespace.name.quoted) has to create its epoch ref")
    }
    let commit = try reader.commit(new)
    guard commit.parents.isEmpty else { throw .attestation("the first epoch commit \(new) has a parent") }
    let trailers = try EpochTrailers(commit)
    let expected = EpochRecord(label: trailers.epoch, ledger: root.id, index: indexRoot.id)
    guard commit.tree == (try expected.store(in: NamingSink(reader.format))) else {
      throw .attestation("the tree of epoch commit \(new) is not the one epoch.json that its roots demand")
    }
    let first = try LedgerTrailers(root)
    guard trailers.namespace == chains.namespace, trailers.transaction == first.transaction else {
      throw .attestation("epoch commit \(new) belongs to another transaction")
    }
    return (commit, trailers.epoch)
  }
}
