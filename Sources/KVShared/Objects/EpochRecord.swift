/// The content of `epoch.json`: one link of the epoch chain.
public struct EpochRecord: Codable, Equatable, Sendable {
  public struct Root: Codable, Equatable, Sendable {
    /// The first index commit of the epoch, in hex.
    public let index: String
    /// The first ledger commit of the epoch, in hex.
    public let ledger: String
  }

  public static let fileName = Array("epoch.json".utf8)

  public let v: Int
  public let label: String
  public let root: Root

  /// Makes the record of a namespace's first epoch.
  public init(label: EpochLabel, ledger: ObjectID, index: ObjectID) {
    v = 1
    self.label = label.name
    root = Root(index: index.hex, ledger: ledger.hex)
  }
}
