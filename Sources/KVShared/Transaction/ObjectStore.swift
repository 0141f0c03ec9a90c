import Glibc

/// Puts new objects into a repository: a few as loose objects, many as one pack.
///
/// Objects wait in memory until `flush`; above `looseLimit` of them they go to an unnamed spool file, which becomes the
/// pack. What a failed command leaves behind is unreachable and `git gc` takes it away.
public final class ObjectStore: ObjectSink {
  public let format: ObjectFormat
  private let hasher: ObjectHasher
  private let git: Git
  private let directory: String
  private let allowsLoose: Bool
  private let syncs: Bool
  private var known: Set<ObjectID> = []
  private var waiting: [(id: ObjectID, kind: ObjectKind, content: [UInt8])] = []
  private var waitingBytes = 0
  private var spool: PackSpool?

  /// Objects beyond this number travel as a pack, as `receive.unpackLimit` has it on the other side.
  private static let looseLimit = 100
  private static let looseBytes = 8 << 20

  /// - Parameters:
  ///   - directory: the repository's `objects` folder.
  ///   - allowsLoose: false where files of ours would get other permissions than git's (`core.sharedRepository`).
  ///   - syncs: whether loose objects are made durable one by one (`core.fsync` names them).
  public init(format: ObjectFormat, git: Git, directory: String, allowsLoose: Bool, syncs: Bool) {
    self.format = format
    hasher = ObjectHasher(format)
    self.git = git
    self.directory = directory
    self.allowsLoose = allowsLoose
    self.syncs = syncs
  }

  public func store(_ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) -> ObjectID {
    let id = hasher.id(kind, content)
    guard known.insert(id).inserted else { return id }
    if spool != nil {
      try spool?.append(kind, content)
    } else {
      waiting.append((id, kind, content))
      waitingBytes += content.count
      if waiting.count > Self.looseLimit || waitingBytes > Self.looseBytes || !allowsLoose { try startSpool() }
    }
    return id
  }

  /// Makes everything stored so far visible to git.
  public func flush() throws(Rejection) {
    if spool != nil {
      try spool?.finish(git, format)
      spool = nil
    }
    for object in waiting { try writeLoose(object.id, object.kind, object.content) }
    waiting = []
    waitingBytes = 0
  }

  private func startSpool() throws(Rejection) {
    spool = try PackSpool(directory: directory)
    for object in waiting { try spool?.append(object.kind, object.content) }
    waiting = []
    waitingBytes = 0
  }

  /// Temporary file, write, sync where asked for, rename: another process never sees half an object.
  private func writeLoose(_ id: ObjectID, _ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) {
    let hex = id.hex
    let folder = "\(directory)/\(hex.prefix(2))"
    let path = "\(folder)/\(hex.dropFirst(2))"
    guard access(path, F_OK) != 0 else { return }
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .errno("make", folder) }
    var bytes: [UInt8] = []
    PackFormat.appendZlib(ObjectHasher.header(kind, content.count) + content, to: &bytes)
    // The prefix is git's own, so that `git gc` prunes what a crash leaves.
    let temporary = "\(folder)/tmp_obj_\(getpid())_\(hex.suffix(6))"
    do {
      let file = try Descriptor(path: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o444)
      try IO.write(bytes, to: file.raw, temporary)
      if syncs { try file.sync() }
    }
    guard rename(temporary, path) == 0 else {
      let failure = Rejection.errno("rename", temporary)
      unlink(temporary)
      throw failure
    }
  }
}
