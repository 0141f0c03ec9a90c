/// The commits a push adds to one ref, each with exactly one parent.
struct CommitChain {
  /// What the ref held before; nil where the push creates it.
  let base: Commit?
  /// Oldest first; never empty.
  let commits: [Commit]

  /// Beyond this many commits git is asked whether the old tip is reached at all, before more are read.
  private static let unaskedSteps = 32

  /// Walks from the new tip back to the old one.
  /// Throws `.attestation` for a merge or a root in the wrong place, `.policy` for what is not a fast-forward.
  init(_ update: RefUpdate, reader: ObjectReader, git: Git) throws(Rejection) {
    let ref = update.ref
    guard let new = update.new.id else { throw .policy("\(ref.description.quoted) may not be deleted", hint: "") }
    guard new != update.old.id else { throw .attestation("\(ref.description.quoted) does not move") }
    let names = [new, update.old.id].compactMap { $0 }
    var replies = try reader.read(names.map { .contents($0.hex) })
    func take(_ id: ObjectID) throws(Rejection) -> Commit {
      guard let reply = replies.removeFirst() else { throw .attestation("commit \(id) is missing") }
      return try ObjectReader.commit(reply)
    }
    var commits = [try take(new)]
    base = try update.old.id.map { (id) throws(Rejection) in try take(id) }
    while let last = commits.last {
      try Self.checkKind(last, ref)
      guard last.parents.count <= 1 else {
        throw .attestation("commit \(last.id) is a merge", hint: "the chain is linear; 'git kv push' builds on the tip")
      }
      let parent = last.parents.first
      if parent == update.old.id { break }
      guard let parent else { throw Self.notForward(ref) }
      if commits.count == Self.unaskedSteps, let old = update.old.id {
        let answer = try git.run(["merge-base", "--is-ancestor", old.hex, new.hex])
        guard answer.status == 0 else { throw Self.notForward(ref) }
      }
      commits.append(try reader.commit(parent))
    }
    self.commits = commits.reversed()
  }

  /// Stops the walk at the first commit that is none of ours, however long the history behind it.
  private static func checkKind(_ commit: Commit, _ ref: RefName) throws(Rejection) {
    guard case .kv(let ref) = ref else { return }
    let namespace =
      switch ref {
      case .ledger: try LedgerTrailers(commit).namespace
      case .index: try IndexTrailers(commit).namespace
      default: try ChunksTrailers(commit).namespace
      }
    guard namespace == ref.namespace else {
      throw .attestation(
        "KV-NS of commit \(commit.id) is \(namespace.name.quoted), but its ref is \(ref.description.quoted)")
    }
  }

  private static func notForward(_ ref: RefName) -> Rejection {
    .policy(
      "\(ref.description.quoted) would not move forward from what it holds", hint: "fetch, and build on the current tip"
    )
  }
}
