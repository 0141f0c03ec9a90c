import Glibc

/// Puts new objects into a repository: a few as loose objects, many as one pack.
///
/// Objects wait in memory until `flush`; above `looseLimit` of them they go to an unnamed file, which becomes the
/// pack. What a failed command leaves behind is unreachable and `git gc` takes it away.
public final class ObjectStore: ObjectSink {
  public let format: ObjectFormat
  private let hasher: ObjectHasher
  private let git: Git
  private let directory: String
  private let writesFiles: Bool
  private let syncs: Durability
  private var known: Set<ObjectID> = []
  private var waiting: [(id: ObjectID, kind: ObjectKind, content: [UInt8])] = []
  private var waitingBytes = 0
  private var pack: PackWriter?

  /// Objects beyond this number travel as a pack, as `receive.unpackLimit` has it on the other side.
  private static let looseLimit = 100
  private static let looseBytes = 8 << 20
  /// Ids that are remembered from one pack to the next.
  private static let knownObjects = 200_000

  /// - Parameters:
  ///   - directory: the repository's `objects` folder.
  ///   - writesFiles: false where files of ours would get other permissions than git's (`core.sharedRepository`): then
  ///     git puts everything there.
  ///   - syncs: what is made durable (`core.fsync` says it).
  public init(format: ObjectFormat, git: Git, directory: String, writesFiles: Bool, syncs: Durability) {
    self.format = format
    hasher = ObjectHasher(format)
    self.git = git
    self.directory = directory
    self.writesFiles = writesFiles
    self.syncs = syncs
  }

  /// A store under a repository's settings.
  /// - Parameter config: says what is made durable (`core.fsync`) and whose the files are (`core.sharedRepository`).
  public convenience init(format: ObjectFormat, git: Git, directory: String, config: GitConfig) {
    let named = config["core.fsync"].map { Set($0.split(separator: ",").map(String.init)) }
    func syncs(_ part: String) -> Bool? {
      named.map { !$0.isDisjoint(with: [part, "objects", "committed", "added", "all"]) && !$0.contains("-\(part)") }
    }
    let shared = config["core.sharedrepository"].map {
      !["false", "umask", "0", "no", "off"].contains($0.lowercased())
    }
    self.init(
      format: format, git: git, directory: directory, writesFiles: !(shared ?? false),
      syncs: Durability(
        loose: syncs("loose-object") ?? config.bool("core.fsyncobjectfiles") ?? false, packs: syncs("pack") ?? true))
  }

  /// Which files are synced before they count.
  public struct Durability: Sendable {
    public let loose: Bool
    public let packs: Bool

    public init(loose: Bool, packs: Bool) {
      self.loose = loose
      self.packs = packs
    }
  }

  public func store(_ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) -> ObjectID {
    let id = hasher.id(kind, content)
    guard known.insert(id).inserted else { return id }
    if pack != nil {
      try append(kind, id, content)
    } else {
      waiting.append((id, kind, content))
      waitingBytes += content.count
      if waiting.count > Self.looseLimit || waitingBytes > Self.looseBytes || !writesFiles { try startPack() }
    }
    return id
  }

  /// Keeps a blob whose id the caller has computed; it goes to the pack, without a copy in memory.
  public func store(blob id: ObjectID, _ content: UnsafeRawBufferPointer) throws(Rejection) {
    guard known.insert(id).inserted else { return }
    if pack == nil { try startPack() }
    try pack?.append(.blob, id, content)
  }

  private func append(_ kind: ObjectKind, _ id: ObjectID, _ content: [UInt8]) throws(Rejection) {
    var failure: Rejection?
    content.withUnsafeBytes { bytes in
      do throws(Rejection) {
        try pack?.append(kind, id, bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Whether something waits for `flush`.
  public var hasObjects: Bool { pack != nil || !waiting.isEmpty }

  /// Makes everything stored so far visible to git.
  public func flush() throws(Rejection) {
    if pack != nil {
      try pack?.finish(handingTo: writesFiles ? nil : git, syncs: syncs.packs)
      pack = nil
    }
    for object in waiting { try writeLoose(object.id, object.kind, object.content) }
    waiting = []
    waitingBytes = 0
    // An object that is stored twice does no harm.
    if known.count > Self.knownObjects { known = [] }
  }

  private func startPack() throws(Rejection) {
    pack = try PackWriter(directory: directory, format)
    for object in waiting { try append(object.kind, object.id, object.content) }
    waiting = []
    waitingBytes = 0
  }

  /// The object gets its name when it is whole: another process never sees half of it, and a crash leaves nothing.
  private func writeLoose(_ id: ObjectID, _ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) {
    let hex = id.hex
    let folder = "\(directory)/\(hex.prefix(2))"
    let path = "\(folder)/\(hex.dropFirst(2))"
    guard access(path, F_OK) != 0 else { return }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .errno("make", folder) }
    var bytes: [UInt8] = []
    (ObjectHasher.header(kind, content.count) + content).withUnsafeBytes { PackFormat.appendZlib($0, to: &bytes) }
    let file = try UnlinkedFile(in: folder, mode: 0o444)
    try IO.write(bytes, to: file.raw, path)
    if syncs.loose { try file.sync() }
    try file.link(to: path)
  }
}
