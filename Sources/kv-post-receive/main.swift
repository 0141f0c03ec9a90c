import KVShared

HookMain.run { () throws(Rejection) in
  let now = Clock.milliseconds()
  let records = try HookMain.updates().compactMap { update -> JournalRecord? in
    guard case .kv(let ref) = update.ref, let new = update.new.id else { return nil }
    return JournalRecord(
      ref: ref, old: update.old, new: new, at: Timestamp(seconds: Int64(now / 1000)), milliseconds: now % 1000)
  }
  guard !records.isEmpty else { return }
  // The refs have moved: whatever becomes of the note of it, the worker will see them.
  let noted = Result { () throws(Rejection) in try Journal(repository: HookMain.repository()).append(records) }
  try WorkerStart.detached(repository: HookMain.repository())
  try noted.get()
}
