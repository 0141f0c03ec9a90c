/// The watchlog: `refs/kv-watchlog/<ns>@<epoch>`, one commit for each ledger commit of the epoch, in the same order.
///
/// It is derived from the ledger alone, identity and dates included, so whoever derives it gets the same ids: a log that
/// was lost comes back as it was, and one that lags is caught up by whoever runs next.
public struct Watchlog {
  let station: Station

  public init(_ station: Station) { self.station = station }

  /// Commits after which a long log moves its ref, so that a kill costs no more than those.
  private static let batch = 1000
  /// Steps that are walked in process before git is asked.
  private static let unaskedSteps = 32

  /// Appends what is missing to every log, and notes it in the refs. Throws the last failure, after all have had a try.
  public func catchUp(_ refs: inout MirrorRefs) throws(Rejection) {
    var failure: Rejection?
    for (ref, head) in refs.here {
      do throws(Rejection) {
        let epoch: EpochLabel
        switch ref {
        case .ledger: epoch = try LedgerTrailers(try station.reader.commit(head)).epoch
        case .archive(_, let label):
          // The log of a compacted epoch was caught up before.
          if try BundleRecord.read(head, station.reader) != nil { continue }
          epoch = label
        default: continue
        }
        let log = KVRef.watchlog(ref.namespace, epoch)
        refs.note(log, try catchUp(log, at: refs.here[log], to: head))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// How many events the log of an epoch lacks; nil where it is none of this ledger's.
  func lag(at tip: ObjectID?, behind head: ObjectID) throws(Rejection) -> Int? {
    guard let last = lastLedger(tip), try station.ancestry.isAncestor(last, of: head) else { return nil }
    return try station.git.run(["rev-list", "--count", head.hex, "^\(last)"]).check("git rev-list").count
  }

  /// Returns the new tip.
  private func catchUp(_ log: KVRef, at tip: ObjectID?, to head: ObjectID) throws(Rejection) -> ObjectID? {
    let last = lastLedger(tip)
    guard last != head else { return tip }
    let store = station.objectStore()
    let (isNext, missing) = try commits(after: last, to: head)
    // A log that cannot be read, or tells of another history, is begun anew.
    var parent = last != nil && isNext ? tip : nil
    for (number, id) in missing.enumerated() {
      parent = try append(id, to: parent, store)
      guard (number + 1) % Self.batch == 0 || number == missing.count - 1 else { continue }
      try store.flush()
      if isNext || number == missing.count - 1 { try station.update([(log.description, parent)]) }
    }
    return parent
  }

  /// The ledger commit that a log ends with; nil for a log that cannot be read.
  private func lastLedger(_ tip: ObjectID?) -> ObjectID? {
    guard let tip, let commit = try? station.reader.commit(tip) else { return nil }
    return (try? WatchTrailers(commit))?.ledger
  }

  /// The ledger commits after one, oldest first; all of them where that one is not in the ledger's history.
  private func commits(
    after last: ObjectID?, to head: ObjectID
  ) throws(Rejection) -> (isNext: Bool, ids: [ObjectID]) {
    var ids: [ObjectID] = []
    var at: ObjectID? = head
    while let id = at, ids.count < Self.unaskedSteps {
      if id == last { return (true, ids.reversed()) }
      ids.append(id)
      at = try station.reader.commit(id).parents.first
    }
    guard at != nil else { return (last == nil, ids.reversed()) }
    let isNext = try last.map { (id) throws(Rejection) in try station.ancestry.isAncestor(id, of: head) } ?? true
    let range = [head.hex] + (isNext ? last.map { ["^\($0)"] } ?? [] : [])
    let listing = try station.git.run(["rev-list", "--reverse"] + range).check("git rev-list")
    return (isNext, listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) })
  }

  private func append(_ id: ObjectID, to parent: ObjectID?, _ store: ObjectStore) throws(Rejection) -> ObjectID {
    let commit = try station.reader.commit(id)
    let trailers = try LedgerTrailers(commit)
    let event = try WatchEvent(commit, trailers, reader: station.reader)
    return try event.store(commit, trailers, after: parent, in: store)
  }
}

extension ChildResult {
  /// The number that a command printed; 0 for anything else.
  var count: Int { Int(text) ?? 0 }
}
