import KVShared

/// Where the transactions of an epoch are: in its archive, in a bundle, or, of the current one, in the ledger.
struct EpochHistory {
  let head: ObjectID
  /// nil where the head is not here.
  let tree: ObjectID?
  /// The file that holds them.
  let bundle: String?

  init(
    _ link: EpochLink, _ next: EpochLink?, of namespace: Namespace, _ refs: [KVRef: ObjectID],
    mayLackChunks: Bool, _ reader: ObjectReader
  ) throws(AuditStop) {
    guard let next, let sealed = next.parent?.ledger else {
      head = link.root
      tree = nil
      bundle = nil
      return
    }
    head = sealed
    let held = refs[.archive(namespace, link.label)]
    let chunks = refs[.chunks(namespace, link.label)]
    var record: BundleRecord?
    if let held { record = (try? BundleRecord.read(held, reader)) ?? nil }
    if let record {
      try next.checkSealed(archive: ObjectID(record.ledger), chunks: .some(record.chunks.flatMap { ObjectID($0) }))
      tree = nil
      bundle = record.file
      return
    }
    try next.checkSealed(archive: held, chunks: mayLackChunks && chunks == nil ? nil : .some(chunks))
    bundle = nil
    tree = (try? reader.commit(sealed))?.tree
  }
}
