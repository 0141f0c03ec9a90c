import KVShared

/// Deletes what has expired: a transaction like any other, signed by whoever makes it.
struct Purge {
  let options: GlobalOptions

  func run(dryRun: Bool) throws(Rejection) {
    let writing = try Writing(options, noPush: false)
    let transport = writing.session.transport
    if let transport { try transport.fetch(.stargate, from: transport.remote.pushURL) }
    let view: View = transport == nil ? .working : .stargate
    let now = Timestamp.now()
    let expired = try Listing(clone: writing.clone, namespace: writing.namespace).pointers(prefix: [], view).filter {
      $0.isExpired(at: now)
    }
    if dryRun || expired.isEmpty { return try say("\(expired.count) keys have expired") }
    var draft = Draft()
    draft.text = "kv: purge \(expired.count) expired keys of \(writing.namespace)"
    for pointer in expired {
      let key = try Key(pointer.key)
      draft.edits[key] = .delete
      // Whoever renews one meanwhile keeps it: then nothing is purged, and the command can be given again.
      draft.expectedBlobs.updateValue(
        (pointer.ledgerBlob ?? pointer.manifestBlob).flatMap { ObjectID($0) }, forKey: key)
    }
    let result = try writing.session.commit(draft)
    try options.print(result, result.words)
  }

  private func say(_ words: String) throws(Rejection) {
    guard !options.json, !options.quiet else { return }
    try IO.write(words + "\n", to: 1, "standard output")
  }
}
