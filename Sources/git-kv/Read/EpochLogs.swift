import KVShared

/// What tells of the transactions of one epoch.
enum EpochLog {
  /// A watchlog, by its tip.
  case events(ObjectID)
  /// The ledger itself, where there is no watchlog: events are derived from it.
  case ledger(ObjectID)

  var tip: ObjectID {
    switch self {
    case .events(let id), .ledger(let id): id
    }
  }
}

/// The refs that a namespace's events come from, in one view.
struct EpochLogs {
  let clone: Clone
  let namespace: Namespace
  let view: View

  /// The watchlogs and the epoch chain; in the repository's own view the ledgers too.
  func refs() throws(Rejection) -> [KVRef: ObjectID] {
    let prefix = view == .working ? "refs/" : "refs/kv-tracking/\(view.rawValue)/"
    var kinds = ["kv-watchlog/", "kv-epoch/\(namespace)"]
    if view == .working { kinds += ["kv-archive/", "kv/\(namespace)"] }
    let listing = try clone.git.run(
      ["for-each-ref", "--format=%(objectname) %(refname)"] + kinds.map { prefix + $0 }
    ).check("git for-each-ref")
    let pairs = listing.text.split(separator: "\n").compactMap { line -> (String, ObjectID)? in
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let id = ObjectID(String(parts[0])) else { return nil }
      return ("refs/" + parts[1].dropFirst(prefix.count), id)
    }
    return ours(pairs)
  }

  /// Of some refs, those of the namespace.
  func ours(_ refs: some Sequence<(String, ObjectID)>) -> [KVRef: ObjectID] {
    var ours: [KVRef: ObjectID] = [:]
    for (name, id) in refs {
      if case .kv(let ref) = RefName(name), ref.namespace == namespace { ours[ref] = id }
    }
    return ours
  }

  /// What tells of each epoch, the oldest first.
  func oldestFirst() throws(Rejection) -> [EpochLog] {
    let refs = try refs()
    var logs: [EpochLabel: EpochLog] = [:]
    for case (.watchlog(_, let epoch), let tip) in refs { logs[epoch] = .events(tip) }
    if logs.isEmpty, view == .working {
      for case (.archive(_, let epoch), let head) in refs where try BundleRecord.read(head, clone.reader) == nil {
        logs[epoch] = .ledger(head)
      }
      if let head = refs[.ledger(namespace)] {
        logs[try LedgerTrailers(try clone.reader.commit(head)).epoch] = .ledger(head)
      }
    }
    let chain = try labels(refs[.epoch(namespace)])
    func rank(_ epoch: EpochLabel) -> Int { chain.firstIndex(of: epoch) ?? chain.count }
    return logs.sorted { (rank($0.key), $0.key.name) < (rank($1.key), $1.key.name) }.map(\.value)
  }

  /// The labels of an epoch chain, oldest first.
  private func labels(_ tip: ObjectID?) throws(Rejection) -> [EpochLabel] {
    guard let tip else { return [] }
    let listing = try clone.git.run(["rev-list", "--reverse", tip.hex]).check("git rev-list")
    return try listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }.map { (id) throws(Rejection) in
      try EpochTrailers(try clone.reader.commit(id)).epoch
    }
  }
}
