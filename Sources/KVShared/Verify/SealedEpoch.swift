/// What the second guard sees of a change of epoch, without any memory of the push: that what leaves a ref is sealed.
struct SealedEpoch {
  let reader: ObjectReader

  /// Whether a commit begins a new epoch on a ledger or an index, and names what the ref held as its parent epoch's.
  func begins(_ ref: RefName, _ new: ObjectID, after old: ObjectID) throws(Rejection) -> Bool {
    switch ref {
    case .kv(.ledger):
      let commit = try reader.commit(new)
      guard try LedgerTrailers(commit).parent?.ledger == old else { return false }
      return try reader.commit(old).tree == commit.tree
    case .kv(.index): return try IndexTrailers(try reader.commit(new)).parent == old
    default: return false
    }
  }

  /// An archive is created at the very head that the ledger leaves, together with a new link of the epoch chain, and
  /// never otherwise.
  /// - Parameters:
  ///   - refs: what a ref transaction writes.
  ///   - moving: the refs of it that change, and what they hold.
  func check(
    _ ns: Namespace, _ refs: [KVRef: OldValue], moving: [KVRef: ObjectID?], _ ledger: Commit
  ) throws(Rejection) {
    let archives = moving.keys.filter(\.isArchive)
    let parent = try LedgerTrailers(ledger).parent
    let held = moving[.ledger(ns)] ?? nil
    // Of several commits at once the first may be the new epoch's; an archive says so.
    guard !archives.isEmpty || (parent != nil && parent?.ledger == held) else {
      guard (moving[.epoch(ns)] ?? nil) == nil else {
        throw .policy(
          "\(KVRef.epoch(ns).description.quoted) is moved by a change of epoch alone",
          hint: "'git kv epoch new' makes one, and seals the old epoch in the same push")
      }
      return
    }
    guard let parent, let held, parent.ledger == held, archives == [.archive(ns, parent.label)],
      refs[archives[0]]?.id == held, moving[archives[0]] == .some(nil)
    else {
      throw .attestation(
        "an epoch of \(ns.name.quoted) is sealed at the head that its ledger leaves, and not otherwise",
        hint: "'git kv epoch new' moves archive, ledger, index, chunks and epoch together")
    }
    guard let epoch = refs[.epoch(ns)]?.id, let before = moving[.epoch(ns)] ?? nil,
      try reader.commit(epoch).parents == [before]
    else { throw .attestation("the new epoch of \(ns.name.quoted) is not the next link of its epoch chain") }
  }
}
