import KVShared

extension WatchFeed {
  /// The events of some commits of a log.
  /// Throws `.attestation` where one of them is nothing that a worker has written.
  func entries(_ ids: some Collection<ObjectID>, of log: EpochLog) throws(Rejection) -> [WatchEntry] {
    let reader = logs.clone.reader
    if case .ledger = log {
      return try ids.map { (id) throws(Rejection) in
        let commit = try reader.commit(id)
        let event = try WatchEvent(commit, try LedgerTrailers(commit), reader: reader)
        return WatchEntry(event: event, place: WatchPlace(commit: id, ledger: id), isDerived: true)
      }
    }
    let places = try places(ids, of: log)
    let name = String(decoding: WatchEvent.fileName, as: UTF8.self)
    let replies = try reader.read(ids.map { .contents("\($0):\(name)") })
    return try zip(places, replies).map { (place, reply) throws(Rejection) in
      guard let reply, let event = CanonicalJSON.decode(WatchEvent.self, reply.bytes), isSound(event, at: place) else {
        throw .attestation(
          "commit \(place.commit) of the watchlog holds no event of \(place.ledger)", hint: Self.whoWrites)
      }
      return WatchEntry(event: event, place: place, isDerived: false)
    }
  }

  /// The places of some commits of a log.
  func places(_ ids: some Collection<ObjectID>, of log: EpochLog) throws(Rejection) -> [WatchPlace] {
    if case .ledger = log { return ids.map { WatchPlace(commit: $0, ledger: $0) } }
    let replies = try logs.clone.reader.read(ids.map { .contents($0.hex) })
    return try zip(ids, replies).map { (id, reply) throws(Rejection) in
      guard let reply else { throw .io("commit \(id) of the watchlog is missing here") }
      do throws(Rejection) {
        return WatchPlace(commit: id, ledger: try WatchTrailers(try ObjectReader.commit(reply)).ledger)
      } catch {
        throw .attestation(error.message, hint: Self.whoWrites)
      }
    }
  }

  private static let whoWrites = "a watchlog is written by kv-mirror-worker alone"

  /// Whether an event tells of what its commit says; its fields have the form that whoever reads them relies on.
  private func isSound(_ event: WatchEvent, at place: WatchPlace) -> Bool {
    event.v == 1 && event.ns == logs.namespace.name && event.oid == place.ledger.hex && TransactionID(event.txn) != nil
      && EpochLabel(event.epoch) != nil && Timestamp(event.ts) != nil
  }
}
