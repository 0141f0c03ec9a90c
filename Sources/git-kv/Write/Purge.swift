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
    if dryRun || expired.isEmpty { return try options.say("\(expired.count) keys have expired") }
    var draft = Draft()
    draft.text = "kv: purge \(expired.count) expired keys of \(writing.namespace)"
    // Whoever renews one meanwhile keeps it: what has expired is looked up again on what the deletion lands on.
    let keys = try expired.map { (pointer) throws(Rejection) in try Key(pointer.key) }
    draft.derive = { (tips) throws(Rejection) in
      let here = try LedgerTree.lookup(
        keys, in: tips.base?.ledger.tree, namespace: writing.namespace, reader: writing.clone.reader)
      var edits: [Key: KeyEdit] = [:]
      for (key, slot) in here {
        guard let reply = try writing.clone.reader.read([.contents(slot.meta.hex)])[0] else { continue }
        if try Metadata(reply.bytes, key: key).isExpired(at: now) { edits[key] = .delete }
      }
      return edits
    }
    let result = try writing.session.commit(draft)
    try options.print(result, result.words)
  }
}
