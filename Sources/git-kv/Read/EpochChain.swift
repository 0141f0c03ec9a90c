import KVShared

/// The epochs of a namespace, as its epoch chain tells of them; the newest first.
struct EpochChain {
  struct Link {
    let label: EpochLabel
    /// The link's own commit.
    let commit: ObjectID
    /// When the epoch began, by the committer's clock.
    let since: Timestamp
    let record: EpochRecord
    /// The first ledger commit of the epoch.
    let root: ObjectID
    /// The epoch before, and its last ledger commit; nil for a first epoch.
    let parent: ParentEpoch?
  }

  let clone: Clone
  let namespace: Namespace
  let links: [Link]

  /// Reads the chain that ends with a commit; no epochs where there is none.
  /// Throws `.attestation` for a link that is none.
  init(_ clone: Clone, _ namespace: Namespace, tip: ObjectID?) throws(Rejection) {
    self.clone = clone
    self.namespace = namespace
    links = try clone.reader.epochChain(tip).map { (commit) throws(Rejection) in
      try Link(commit, namespace, clone.reader)
    }
  }

  /// Reads the chain as a view shows it.
  init(_ clone: Clone, _ namespace: Namespace, _ view: View) throws(Rejection) {
    try self.init(clone, namespace, tip: try RefStore(clone: clone, namespace: namespace).epoch(view))
  }

  var current: Link? { links.first }

  /// The last ledger commit of an epoch; nil for one that goes on, or is not in the chain.
  func sealedHead(of label: EpochLabel) -> ObjectID? {
    links.lazy.compactMap(\.parent).first { $0.label == label }?.ledger
  }

  /// The last ledger commits of all epochs but the current one, the newest first.
  var sealedHeads: [ObjectID] { links.compactMap { $0.parent?.ledger } }

  func link(_ label: EpochLabel) -> Link? { links.first { $0.label == label } }
}

extension EpochChain.Link {
  fileprivate init(_ commit: Commit, _ namespace: Namespace, _ reader: ObjectReader) throws(Rejection) {
    func fault(_ what: String) -> Rejection { .attestation("epoch commit \(commit.id) \(what)") }
    let trailers = try EpochTrailers(commit)
    guard let record = try EpochRecord(of: commit, reader) else { throw fault("has no epoch.json of ours") }
    guard trailers.namespace == namespace, record.label == trailers.epoch.name else {
      throw fault("is of another epoch than its epoch.json says")
    }
    guard let root = ObjectID(record.root.ledger) else { throw fault("names no first commit") }
    var parent: ParentEpoch?
    if let before = record.parent, let sealed = record.sealed {
      guard let label = EpochLabel(before), let head = ObjectID(sealed.ledger) else {
        throw fault("names no sealed head")
      }
      parent = ParentEpoch(label: label, ledger: head)
    }
    guard (parent == nil) == commit.parents.isEmpty else { throw fault("is not linked to the one it follows") }
    self.init(
      label: trailers.epoch, commit: commit.id, since: Timestamp(seconds: commit.committerSeconds), record: record,
      root: root, parent: parent)
  }
}
