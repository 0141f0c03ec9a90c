/// The content of `bundle.json`: where the history of a compacted epoch has gone.
///
/// It is the one file of a root commit to which the archive of that epoch, and its chunks ref, have moved: whoever looks
/// for the history finds the name, size and digest of the `git bundle` that holds it.
public struct BundleRecord: Codable, Equatable, Sendable {
  public static let fileName = "bundle.json"

  /// What the chunks ref of the epoch held, in hex; nil where there was none.
  public let chunks: String?
  /// `sha256:` and the hex digest of the file, as `sha256sum` prints it.
  public let digest: String
  /// The file's name, without a folder.
  public let file: String
  /// The epoch.
  public let label: String
  /// The sealed head, in hex.
  public let ledger: String
  public let ns: String
  /// Bytes of the file.
  public let size: Int
  public let v: Int

  init(
    namespace: Namespace, label: EpochLabel, ledger: ObjectID, chunks: ObjectID?, file: String, size: Int,
    digest: String
  ) {
    v = 1
    ns = namespace.name
    self.label = label.name
    self.ledger = ledger.hex
    self.chunks = chunks?.hex
    self.file = file
    self.size = size
    self.digest = digest
  }

  /// Reads what a commit holds; nil for one of any other kind.
  public static func read(_ commit: ObjectID, _ reader: ObjectReader) throws(Rejection) -> BundleRecord? {
    guard let reply = try reader.read([.contents("\(commit):\(fileName)")])[0], reply.kind == .blob else { return nil }
    return CanonicalJSON.decode(BundleRecord.self, reply.bytes)
  }

  /// Whether it tells where a commit has gone.
  func replaces(_ commit: ObjectID) -> Bool { ledger == commit.hex || chunks == commit.hex }
}
