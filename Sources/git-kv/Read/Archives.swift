import KVShared

/// The sealed heads of old epochs, fetched when somebody asks for them.
struct Archives {
  let clone: Clone
  let namespace: Namespace
  let view: View
  /// Where they come from; nil where nothing may be fetched.
  let place: (transport: Transport, url: String)?

  /// Makes sure that an epoch's history is here, and returns its last commit.
  /// Throws `.io` where it is neither here nor to be had.
  func bring(_ parent: ParentEpoch) throws(Rejection) -> Commit {
    let name = KVRef.archive(namespace, parent.label)
    if try isHere(parent.ledger) { return try clone.reader.commit(parent.ledger) }
    guard let (transport, url) = place else {
      throw .io(
        "epoch \(parent.label.name.quoted) of \(namespace.name.quoted) is not here",
        hint: "read without --offline to fetch it")
    }
    try transport.fetch([name.suffix], view, from: url)
    guard try isHere(parent.ledger) else {
      if let bundle = try bundle(of: parent.label) {
        throw .io(
          "epoch \(parent.label.name.quoted) of \(namespace.name.quoted) has been compacted into \(bundle.file.quoted)",
          hint:
            "get it from the Stargate's host (\(bundle.size) bytes, \(bundle.digest)), then 'git fetch FILE \(name)'")
      }
      throw .io("\(name.description.quoted) at \(url.quoted) does not hold \(parent.ledger), the head that was sealed")
    }
    return try clone.reader.commit(parent.ledger)
  }

  /// The bundle that holds an epoch, as the place's archive ref tells since it was last fetched; nil for one that does not.
  func bundle(of label: EpochLabel) throws(Rejection) -> BundleRecord? {
    let ref = KVRef.archive(namespace, label)
    for view in [view, .working] {
      guard let id = try clone.reader.read([.info(view.name(of: ref))])[0]?.id else { continue }
      if let record = try BundleRecord.read(id, clone.reader) { return record }
    }
    return nil
  }

  private func isHere(_ id: ObjectID) throws(Rejection) -> Bool {
    try clone.reader.read([.info(id.hex)])[0]?.kind == .commit
  }
}
