import KVShared

/// The ledger of a namespace across its epochs: the first commit of each names the sealed head of the one before.
struct LedgerHistory {
  let clone: Clone

  /// The trailer in which the first commit of a later epoch names the sealed head.
  private static let sealedHead = "Parent-Epoch-Ledger"

  /// Whether a commit is a tip or comes before it, in its epoch or in one that was sealed.
  /// - Parameters:
  ///   - sealed: the sealed heads that count.
  ///   - bring: gets them where one is not here.
  func holds(
    _ commit: ObjectID, upTo tip: ObjectID, sealed: Set<ObjectID>, bring: () throws(Rejection) -> Void
  ) throws(Rejection) -> Bool {
    var at = tip
    while true {
      if try isAncestor(commit, of: at) { return true }
      guard !sealed.isEmpty, try !isBehind(at, commit), let head = try head(before: at), sealed.contains(head) else {
        return false
      }
      if try !isHere(head) { try bring() }
      guard try isHere(head) else { return false }
      at = head
    }
  }

  func isHere(_ id: ObjectID) throws(Rejection) -> Bool { try clone.reader.read([.info(id.hex)])[0] != nil }

  /// Whether a tip is on the way to a commit of the same epoch.
  func isBehind(_ tip: ObjectID, _ commit: ObjectID) throws(Rejection) -> Bool {
    guard try isHere(commit) else { return false }
    return try isAncestor(tip, of: commit)
  }

  private func isAncestor(_ old: ObjectID, of new: ObjectID) throws(Rejection) -> Bool {
    try Ancestry(git: clone.git, reader: clone.reader).isAncestor(old, of: new)
  }

  /// The sealed head that an epoch follows; nil for a first epoch.
  private func head(before tip: ObjectID) throws(Rejection) -> ObjectID? {
    let roots = try clone.git.run(["rev-list", "--max-parents=0", tip.hex]).check("git rev-list")
    guard let root = ObjectID(roots.text) else { return nil }
    let block = TrailerBlock(message: try clone.reader.commit(root).message)
    return block?.trailers.first { $0.name == Self.sealedHead }.flatMap { ObjectID($0.value) }
  }
}
