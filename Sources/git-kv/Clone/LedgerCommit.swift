import KVShared

/// A ledger commit as somebody names it.
struct LedgerCommit {
  let id: ObjectID
}

extension LedgerCommit {
  /// Takes a full id, of a commit that need not be here, or whatever git resolves.
  /// Throws `.usage` for anything else, and for a commit that is here and not one of the namespace's ledger.
  init(_ text: String, _ clone: Clone, _ namespace: Namespace) throws(Rejection) {
    let resolved =
      text.isEmpty || text.hasPrefix("-")
      ? nil
      : ObjectID(try clone.git.run(["rev-parse", "--verify", "--quiet", "\(text)^{commit}"]).text)
    guard let resolved else {
      guard let id = ObjectID(text.lowercased()), id.format == clone.format,
        try clone.reader.read([.info(id.hex)])[0] == nil
      else {
        throw .usage(
          "\(text.quoted) names no commit here",
          hint: "give all \(clone.format.hexCount) digits of a ledger commit, as writes print it with --json")
      }
      self.id = id
      return
    }
    guard let commit = try? clone.reader.commit(resolved), let trailers = try? LedgerTrailers(commit),
      trailers.namespace == namespace
    else {
      throw .usage("\(text.quoted) is not a commit of the ledger of \(namespace.name.quoted)")
    }
    id = resolved
  }

  /// The tip of the working copy. Throws `.io` where there is none.
  init(tipOf clone: Clone, _ namespace: Namespace) throws(Rejection) {
    guard let tip = try RefStore(clone: clone, namespace: namespace).ledger(.working) else {
      throw .io(
        "namespace \(namespace.name.quoted) is empty here, so there is nothing to wait for",
        hint: "say which ledger commit with --oid")
    }
    id = tip.id
  }

  /// Whether it was made here and, as far as is known here, not pushed.
  func isPending(_ clone: Clone, _ namespace: Namespace) throws(Rejection) -> Bool {
    let refs = RefStore(clone: clone, namespace: namespace)
    guard let mine = try refs.ledger(.working), try refs.isAncestor(id, of: mine.id) else { return false }
    for tip in try refs.landed() where try refs.isAncestor(id, of: tip) { return false }
    return true
  }
}
