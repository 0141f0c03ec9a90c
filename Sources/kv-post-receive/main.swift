import KVShared

HookMain.run { () throws(Rejection) in
  let now = Timestamp.now()
  let records = try HookMain.updates().compactMap { update -> JournalRecord? in
    guard case .kv(let ref) = update.ref, let new = update.new.id else { return nil }
    return JournalRecord(ref: ref, old: update.old, new: new, at: now)
  }
  guard !records.isEmpty else { return }
  try Journal(repository: HookMain.repository()).append(records)
  try WorkerStart.detached(repository: HookMain.repository())
}
