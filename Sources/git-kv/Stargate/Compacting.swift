import KVShared

/// The Stargate's part of `git kv compact`: the plan, the admin's signature, the bundles.
struct Compacting {
  let namespace: Namespace
  let label: EpochLabel?
  let dryRun: Bool
  let options: GlobalOptions

  /// - Parameter sign: signs a challenge as the admin.
  func run(_ repository: String, sign: ([UInt8]) throws(Rejection) -> [UInt8]) throws(Rejection) {
    let turn = try WorkerTurn.wait(in: repository)
    do {
      defer { _ = turn.raw }
      let compaction = try Compaction(try Station(repository: repository), only: namespace, label)
      let items = compaction.plan.items
      if items.isEmpty { return try options.say("no epoch is due") }
      for item in items { try options.print(item, item.words) }
      if dryRun { return }
      let challenge = compaction.challenge()
      let signature = try sign(Array(challenge.text.utf8))
      try compaction.run(challenge, signature: signature) { (record) throws(Rejection) in
        try options.print(record, "\(record.file): \(record.size) bytes, \(record.digest)")
      }
    }
    // The mirror follows now, or when the worker runs next.
    try? WorkerStart.detached(repository: repository)
  }
}
