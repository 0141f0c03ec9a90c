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
    var kinds = ["kv-watchlog/", "kv-epoch/\(namespace)"]
    if view == .working { kinds += ["kv-archive/", "kv/\(namespace)"] }
    return try view.refs(kinds, of: namespace, clone.git)
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
    let chain = try clone.reader.epochChain(refs[.epoch(namespace)]).reversed().map { (link) throws(Rejection) in
      try EpochTrailers(link).epoch
    }
    func rank(_ epoch: EpochLabel) -> Int { chain.firstIndex(of: epoch) ?? chain.count }
    return logs.sorted { (rank($0.key), $0.key.name) < (rank($1.key), $1.key.name) }.map(\.value)
  }
}
