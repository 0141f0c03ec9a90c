/// One epoch as the refs show it, and what the epoch chain says of it.
public struct AuditEpoch: Sendable {
  public let label: EpochLabel
  /// The last ledger commit.
  public let head: ObjectID
  /// The last index commit; nil where the epoch is sealed: then the signed ledger alone says what the index was.
  public let index: ObjectID?
  /// What the chunks ref holds; nil where there is none.
  public let chunks: ObjectID?
  /// Whether the chunks ref is known here at all.
  public let knowsChunks: Bool
  /// What the watchlog holds; nil where there is none.
  public let watchlog: ObjectID?
  /// The ledger commit that a mirror says it shows; nil for a Stargate.
  public let watermark: ObjectID?

  public init(
    label: EpochLabel, head: ObjectID, index: ObjectID?, chunks: ObjectID?, knowsChunks: Bool, watchlog: ObjectID?,
    watermark: ObjectID?
  ) {
    self.label = label
    self.head = head
    self.index = index
    self.chunks = chunks
    self.knowsChunks = knowsChunks
    self.watchlog = watchlog
    self.watermark = watermark
  }
}

/// The commits of a ref, oldest first, as git lists them: what they say of each other is looked at one by one.
struct CommitList {
  let ids: [ObjectID]

  init(_ tip: ObjectID?, _ git: Git) throws(Rejection) {
    guard let tip else {
      ids = []
      return
    }
    let listing = try git.run(["rev-list", "--reverse", "--topo-order", tip.hex]).check("git rev-list")
    var ids: [ObjectID] = []
    for line in listing.output.split(separator: UInt8(ascii: "\n")) {
      guard let id = ObjectID(hex: line) else { throw .io("git rev-list printed \(line.quoted)") }
      ids.append(id)
    }
    self.ids = ids
  }
}
