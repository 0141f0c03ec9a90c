import KVShared

extension Writing {
  /// Prints how a write ended, and waits until the mirror shows it where that is asked for: in words a transaction is
  /// told of as soon as it has landed, as an object when it is known whether the mirror has it.
  /// Throws `.mirrorTimeout` where it has not.
  func report(
    _ result: WriteResult, _ words: String, _ patience: WaitOptions.Patience
  ) throws(Rejection) {
    guard let remote = session.remote, let seconds = seconds(patience, remote),
      let ledger = result.ledger.flatMap({ ObjectID($0) })
    else { return try options.print(result, words) }
    if !options.json { try options.print(result, words) }
    let late = try wait(for: LedgerCommit(id: ledger), isNew: result.pushed, remote, seconds)
    var result = result
    result.mirrored = late == nil
    if options.json || late == nil { try options.print(result, "visible on github") }
    if let late { throw late }
  }

  private func seconds(_ patience: WaitOptions.Patience, _ remote: Remote) -> Int? {
    switch patience {
    case .none: nil
    case .upTo(let seconds): seconds
    case .asPolicySays(let seconds): waitsByDefault && remote.isSplit ? seconds : nil
    }
  }

  /// Returns nil once the mirror shows a commit, else why it does not.
  /// - Parameter isNew: whether this command has pushed it; else there was nothing to do.
  private func wait(
    for commit: LedgerCommit, isNew: Bool, _ remote: Remote, _ seconds: Int
  ) throws(Rejection) -> Rejection? {
    if !isNew, try commit.isPending(clone, namespace) {
      return .mirrorTimeout(
        "there was nothing to do, but \(commit.id) has not been pushed", hint: "'git kv push --wait' sends it")
    }
    let wait = MirrorWait(
      clone: clone, namespace: namespace, remote: remote, place: try Place(.github, remote, clone))
    let landed =
      isNew ? "the transaction has landed and is safe on the Stargate" : "there was nothing to do for the Stargate"
    switch wait.run(for: commit.id, seconds: seconds) {
    case .visible: return nil
    case .late(let what):
      return .mirrorTimeout("\(landed), but the mirror does not show it after \(seconds)s: \(what)", hint: wait.hint)
    case .unreachable(let why):
      return .mirrorTimeout("\(landed), but the mirror does not answer: \(why)", hint: wait.hint)
    }
  }
}
