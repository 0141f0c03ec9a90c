/// The watchlog of an epoch is a function of its ledger: it is computed, commit by commit, and compared.
///
/// A log that ends early lags behind, which is its right; everything else that differs is damage.
struct WatchlogAudit {
  let epoch: EpochLabel
  let events: [ObjectID]
  let reader: ObjectReader

  /// Compares what an earlier audit could not, as the log was not that far. Throws `.broken` for a log that has changed.
  func resume(_ progress: inout AuditProgress, _ ledger: [ObjectID]) throws(AuditStop) {
    let place = AuditPlace(epoch: epoch)
    try place.expect(
      .watchlog,
      progress.events <= events.count && (progress.events == 0 || events[progress.events - 1].hex == progress.event),
      "the watchlog held \(progress.events) events when it was last looked at, and holds others now")
    while progress.events < min(progress.transactions, events.count) {
      let id = ledger[progress.events]
      let (commit, trailers, event) = try AuditPlace(epoch: epoch, commit: id).check(.watchlog) {
        () throws(Rejection) in
        let commit = try reader.commit(id)
        let trailers = try LedgerTrailers(commit)
        return (commit, trailers, try WatchEvent(commit, trailers, reader: reader))
      }
      try compare(event, commit, trailers, &progress)
    }
  }

  func step(
    _ commit: Commit, _ trailers: LedgerTrailers, _ changes: [KeyChange], _ progress: inout AuditProgress
  ) throws(AuditStop) {
    guard progress.events == progress.transactions, progress.events < events.count else { return }
    try compare(WatchEvent(commit, trailers, changes: changes), commit, trailers, &progress)
  }

  private func compare(
    _ event: WatchEvent, _ commit: Commit, _ trailers: LedgerTrailers, _ progress: inout AuditProgress
  ) throws(AuditStop) {
    let found = events[progress.events]
    let place = AuditPlace(epoch: epoch, transaction: trailers.transaction, commit: found)
    let due = try place.check(.watchlog) { () throws(Rejection) in
      try event.store(
        commit, trailers, after: progress.event.flatMap { ObjectID($0) }, in: NamingSink(reader.format))
    }
    guard due == found else { throw place.broken(.watchlog, words(found, commit, trailers)) }
    progress.events += 1
    progress.event = due.hex
  }

  private func words(_ found: ObjectID, _ commit: Commit, _ trailers: LedgerTrailers) -> String {
    let other = (try? reader.commit(found)).flatMap { try? WatchTrailers($0) }
    guard let other else { return "commit \(found) of the watchlog is missing, or tells of nothing" }
    return other.ledger == commit.id
      ? "the watchlog tells another event of \(trailers.transaction) than the ledger, or on another line"
      : "the watchlog tells of \(other.transaction) where \(trailers.transaction) is due"
  }

  /// Returns how many events are still to come.
  /// - Parameter watermark: the ledger commit that a mirror says it shows: its log reaches as far.
  func finish(
    _ progress: inout AuditProgress, _ ledger: [ObjectID], watermark: ObjectID?
  ) throws(AuditStop) -> Int {
    let place = AuditPlace(epoch: epoch, commit: events.last)
    try place.expect(
      .watchlog, events.count <= ledger.count,
      "the watchlog tells of \(events.count) transactions, but the ledger has \(ledger.count)")
    if let watermark, let at = ledger.firstIndex(of: watermark) {
      try place.expect(
        .mirror, at < events.count,
        "the mirror says that it shows \(watermark), but its watchlog ends \(at + 1 - events.count) events before")
    }
    return ledger.count - progress.events
  }
}
