/// The content of `epoch.json`: one link of the epoch chain.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// The commits of one moment, in hex.
  public struct Commits: Codable, Equatable, Sendable {
    /// nil where no value stood in chunks, and in the record of a first epoch, which is made before any chunk counts.
    public let chunks: String?
    public let index: String
    public let ledger: String

    public init(ledger: ObjectID, index: ObjectID, chunks: ObjectID?) {
      self.ledger = ledger.hex
      self.index = index.hex
      self.chunks = chunks?.hex
    }
  }

  public static let fileName = Array("epoch.json".utf8)

  public let label: String
  /// The label of the epoch before; nil for a first one.
  public let parent: String?
  /// The first commits of the epoch.
  public let root: Commits
  /// The last commits of the epoch before; nil for a first one.
  public let sealed: Commits?
  public let v: Int

  /// Makes the record of a namespace's first epoch.
  public init(label: EpochLabel, ledger: ObjectID, index: ObjectID) {
    v = 1
    self.label = label.name
    root = Commits(ledger: ledger, index: index, chunks: nil)
    parent = nil
    sealed = nil
  }

  /// Makes the record of an epoch that follows another.
  public init(label: EpochLabel, root: Commits, parent: EpochLabel, sealed: Commits) {
    v = 1
    self.label = label.name
    self.root = root
    self.parent = parent.name
    self.sealed = sealed
  }

  /// Reads the record of an epoch commit; nil for one that is none of ours.
  public init?(of commit: Commit, _ reader: ObjectReader) throws(Rejection) {
    let name = "\(commit.tree):\(String(decoding: Self.fileName, as: UTF8.self))"
    guard let reply = try reader.read([.contents(name)])[0],
      let record = CanonicalJSON.decode(Self.self, reply.bytes)
    else { return nil }
    self = record
  }

  /// Stores the tree of an epoch commit, which holds the record and nothing else.
  func store(in sink: any ObjectSink) throws(Rejection) -> ObjectID {
    try sink.store(file: Self.fileName, CanonicalJSON.encode(self))
  }
}

extension ObjectReader {
  /// The commits of an epoch chain, the newest first: one an epoch.
  /// - Parameter tip: what the epoch ref holds; nil where there is none.
  public func epochChain(_ tip: ObjectID?) throws(Rejection) -> [Commit] {
    var commits: [Commit] = []
    var at = tip
    while let id = at {
      let link = try commit(id)
      commits.append(link)
      at = link.parents.first
    }
    return commits
  }
}
