import KVShared

/// Which picture of a namespace is meant: the working copy, or what a remote showed when last seen.
enum View: String {
  case working
  case mirror
  case stargate
  /// What was given up with `push --discard-pending`.
  case discarded

  /// What the names of its refs begin with.
  private var prefix: String { self == .working ? "refs/" : "refs/kv-tracking/\(rawValue)/" }

  func name(of ref: KVRef) -> String { prefix + ref.suffix }

  /// What it holds of a namespace.
  /// - Parameter kinds: the parts of refs' names below `refs/` that are looked at: `kv-archive/`, or a whole name.
  func refs(_ kinds: [String], of namespace: Namespace, _ git: Git) throws(Rejection) -> [KVRef: ObjectID] {
    try git.refs(kinds.map { prefix + $0 }).refs(of: namespace, below: prefix)
  }
}

extension [String: ObjectID] {
  /// Of refs by name, those of a namespace.
  /// - Parameter prefix: what stands in the place of `refs/`.
  func refs(of namespace: Namespace, below prefix: String = "refs/") -> [KVRef: ObjectID] {
    var found: [KVRef: ObjectID] = [:]
    for (name, id) in self {
      if case .kv(let ref) = RefName("refs/" + name.dropFirst(prefix.count)), ref.namespace == namespace {
        found[ref] = id
      }
    }
    return found
  }
}

/// The tips of a namespace in one view; none where the namespace is not there.
struct Tips {
  let base: TransactionBase?
  let epoch: ObjectID?
  /// The chunks that replayed transactions end with, which no ref names yet.
  var replayedChunks: ReplayedChunks?

  struct ReplayedChunks {
    /// nil where the epoch has none.
    let tip: Commit?
  }
}

/// Reads and moves the refs of one namespace in a clone.
struct RefStore {
  let clone: Clone
  let namespace: Namespace

  private var refs: [KVRef] { [.ledger(namespace), .index(namespace), .epoch(namespace)] }

  /// Reads the tips of a view; two tips caught in mid update by another process are read again.
  func tips(_ view: View) throws(Rejection) -> Tips {
    var failure: Rejection?
    for _ in 0..<20 {
      do throws(Rejection) {
        let replies = try clone.reader.read(refs.map { .contents(view.name(of: $0)) })
        guard let ledger = replies[0] else { return Tips(base: nil, epoch: nil) }
        guard let index = replies[1] else { throw .attestation("\(namespace.name.quoted) has a ledger but no index") }
        let base = try TransactionBase(
          ledger: try ObjectReader.commit(ledger), index: try ObjectReader.commit(index))
        return Tips(base: base, epoch: replies[2]?.id)
      } catch {
        failure = error
      }
    }
    throw failure ?? .io("cannot read the refs of \(namespace.name.quoted)")
  }

  /// The ledger commit of a view, for reads that need no index.
  func ledger(_ view: View) throws(Rejection) -> Commit? {
    guard let reply = try clone.reader.read([.contents(view.name(of: .ledger(namespace)))])[0] else { return nil }
    return try ObjectReader.commit(reply)
  }

  /// The tip of the epoch chain.
  func epoch(_ view: View) throws(Rejection) -> ObjectID? {
    try clone.reader.read([.info(view.name(of: .epoch(namespace)))])[0]?.id
  }

  /// One ref to move: from what it is known to hold (nil: it must not exist), or from whatever it holds.
  struct Change {
    let name: String
    let new: ObjectID
    var old: ObjectID?
    var checksOld = true
  }

  /// Moves refs in one transaction; returns false where one of them had moved.
  func move(_ changes: [Change]) throws(Rejection) -> Bool {
    guard !changes.isEmpty else { return true }
    var input = "start\n"
    for change in changes {
      let old = change.checksOld ? " \(change.old?.hex ?? clone.format.zeroHex)" : ""
      input += "update \(change.name) \(change.new)\(old)\n"
    }
    let answer = try clone.git.run(["update-ref", "--stdin"], input: Array((input + "prepare\ncommit\n").utf8))
    return answer.status == 0
  }

  /// The changes that bring the working copy from the tips it has to a transaction.
  /// - Parameter chunks: the ref of its chunks, where it stands beside the others.
  func advance(from tips: Tips, to built: BuiltTransaction, epoch: ObjectID?, chunks ref: KVRef?) -> [Change] {
    let changes = advance(from: tips, ledger: built.ledger, index: built.index, epoch: epoch)
    guard let ref, let tip = built.chunks else { return changes }
    return changes + [Change(name: View.working.name(of: ref), new: tip, checksOld: false)]
  }

  /// The same for a transaction that stands in the repository.
  func advance(from tips: Tips, to base: TransactionBase, epoch: ObjectID?) -> [Change] {
    advance(from: tips, ledger: base.ledger.id, index: base.index.id, epoch: epoch)
  }

  /// The same for a new epoch.
  func advance(from tips: Tips, to built: BuiltEpoch) -> [Change] {
    advance(from: tips, ledger: built.ledger, index: built.index, epoch: built.epochCommit)
  }

  private func advance(from tips: Tips, ledger: ObjectID, index: ObjectID, epoch: ObjectID?) -> [Change] {
    let wanted: [(ref: KVRef, old: ObjectID?, new: ObjectID?)] = [
      (.ledger(namespace), tips.base?.ledger.id, ledger), (.index(namespace), tips.base?.index.id, index),
      (.epoch(namespace), tips.epoch, epoch),
    ]
    return wanted.compactMap { ref, old, new in
      guard let new, new != old else { return nil }
      return Change(name: View.working.name(of: ref), new: new, old: old)
    }
  }

  /// The changes that note what a remote shows now.
  func note(_ view: View, ledger: ObjectID, index: ObjectID, epoch: ObjectID?) -> [Change] {
    var changes = [
      Change(name: view.name(of: .ledger(namespace)), new: ledger, checksOld: false),
      Change(name: view.name(of: .index(namespace)), new: index, checksOld: false),
    ]
    if let epoch { changes.append(Change(name: view.name(of: .epoch(namespace)), new: epoch, checksOld: false)) }
    return changes
  }

  /// Moves the working copy to what a remote shows, where that loses nothing; returns false where the two have parted.
  /// - Parameter archives: where older epochs come from.
  func fastForward(to view: View, _ archives: Archives) throws(Rejection) -> Bool {
    for _ in 0..<10 {
      let theirs = try tips(view)
      guard let base = theirs.base else { return true }
      let ours = try tips(.working)
      if ours.base?.ledger.id == base.ledger.id { return true }
      switch try Lineage(refs: self, archives: archives).relation(of: ours, to: theirs) {
      case .ahead: return true
      case .parted: return false
      case .behind: if try move(advance(from: ours, to: base, epoch: theirs.epoch)) { return true }
      }
    }
    throw .io("cannot move the refs of \(namespace.name.quoted): another process keeps moving them")
  }

  /// The ledger commits that other places were seen to have.
  func landedTips() throws(Rejection) -> [ObjectID] {
    var found: [ObjectID] = []
    for view in [View.stargate, .mirror] {
      if let commit = try ledger(view) { found.append(commit.id) }
    }
    return found
  }

  /// The same, and the heads of epochs that were sealed, as far as they are here.
  func landed() throws(Rejection) -> [ObjectID] {
    var found = try landedTips()
    for view in [View.stargate, .mirror] { found += try EpochChain(clone, namespace, view).sealedHeads }
    let replies = try clone.reader.read(found.map { .info($0.hex) })
    return zip(found, replies).compactMap { $1?.kind == .commit ? $0 : nil }
  }

  func isAncestor(_ old: ObjectID, of new: ObjectID) throws(Rejection) -> Bool {
    try Ancestry(git: clone.git, reader: clone.reader).isAncestor(old, of: new)
  }
}
