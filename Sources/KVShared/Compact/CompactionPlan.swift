/// Which sealed epochs of a Stargate go into bundles, by policy or by name.
public struct CompactionPlan: Sendable {
  /// One epoch that goes.
  public struct Item: Encodable, Sendable {
    let ref: KVRef
    let head: ObjectID
    let chunks: ObjectID?
    public let ns: String
    public let epoch: String
    public let transactions: Int
    /// Bytes on disk of what nothing else needs, as far as packs tell.
    public let freed: Int
    public let file: String

    private enum CodingKeys: String, CodingKey { case ns, epoch, transactions, freed, file }

    public var words: String {
      "\(ns): epoch \(epoch), \(transactions) transactions, goes into \(file); frees \(freed) bytes"
    }
  }

  public let items: [Item]

  /// - Parameters:
  ///   - label: this epoch alone; nil for all that are older than the policy's `retention.epochs`, which counts the
  ///     current one.
  /// Throws `.noSuchKey` for an epoch that is not sealed here, or gone already.
  init(
    _ station: Station, _ refs: MirrorRefs, _ policy: Policy, only namespace: Namespace, _ label: EpochLabel?
  ) throws(Rejection) {
    let sealed = try Self.sealed(station, refs, namespace)
    var chosen: [EpochLabel]
    if let label {
      guard sealed.contains(label) else {
        throw .noSuchKey("there is no sealed epoch \(label.name.quoted) of \(namespace.name.quoted)")
      }
      chosen = [label]
    } else if let kept = policy.namespaces[namespace]?.retention.epochs {
      chosen = Array(sealed.dropFirst(max(kept - 1, 0)))
    } else {
      chosen = []
    }
    var items: [Item] = []
    let isNamed = label != nil
    for label in chosen.reversed() {
      let ref = KVRef.archive(namespace, label)
      guard let head = refs.here[ref] else { continue }
      if try BundleRecord.read(head, station.reader) != nil {
        guard !isNamed else { throw .noSuchKey("epoch \(label.name.quoted) is in a bundle already") }
        continue
      }
      items.append(try Self.item(station, refs, namespace, label, ref, head))
    }
    self.items = items
  }

  /// The labels of the epochs that were sealed, the newest first.
  private static func sealed(
    _ station: Station, _ refs: MirrorRefs, _ namespace: Namespace
  ) throws(Rejection) -> [EpochLabel] {
    try station.reader.epochChain(refs.here[.epoch(namespace)]).dropFirst().map { (link) throws(Rejection) in
      try EpochTrailers(link).epoch
    }
  }

  private static func item(
    _ station: Station, _ refs: MirrorRefs, _ namespace: Namespace, _ label: EpochLabel, _ ref: KVRef,
    _ head: ObjectID
  ) throws(Rejection) -> Item {
    let chunksRef = KVRef.chunks(namespace, label)
    let chunks = refs.here[chunksRef]
    let count = try station.git.run(["rev-list", "--count", head.hex]).check("git rev-list").count
    // What the mirror was seen to hold goes on holding it until it follows.
    let others = [ref, chunksRef].flatMap {
      ["--exclude=\($0)", "--exclude=\(MirrorRefs.tracking)\($0.suffix)"]
    }
    let ids = [head.hex] + (chunks.map { [$0.hex] } ?? [])
    let usage = try station.git.run(
      ["rev-list", "--disk-usage", "--objects"] + ids + ["--not"] + others + ["--all"]
    ).check("git rev-list").count
    return Item(
      ref: ref, head: head, chunks: chunks, ns: namespace.name, epoch: label.name, transactions: count, freed: usage,
      file: "\(namespace)@\(label).bundle")
  }
}
