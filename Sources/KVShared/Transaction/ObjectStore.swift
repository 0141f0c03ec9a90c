import Crypto
import FoundationEssentials
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
  private var spool: Spool?

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
    spool = try Spool(directory: directory)
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

/// A pack in the making, in a file without a name: a crash leaves nothing.
private struct Spool: ~Copyable {
  private let file: Descriptor
  private var buffer: [UInt8]
  private var count: UInt32 = 0

  init(directory: String) throws(Rejection) {
    var template = Array("\(directory)/pack/tmp_kv_XXXXXX".utf8CString)
    mkdir("\(directory)/pack", 0o777)
    let raw = mkstemp(&template)
    guard raw >= 0 else { throw .errno("make a temporary file in", directory) }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    unlink(template)
    file = Descriptor(adopting: raw)
    buffer = PackFormat.header(count: 0)
  }

  mutating func append(_ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) {
    PackFormat.append(kind, content, to: &buffer)
    count += 1
    if buffer.count >= 1 << 20 { try drain() }
  }

  private mutating func drain() throws(Rejection) {
    try IO.write(buffer, to: file.raw, "pack")
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the true count and the checksum, and hands the pack to git.
  mutating func finish(_ git: Git, _ format: ObjectFormat) throws(Rejection) {
    try drain()
    let header = PackFormat.header(count: count)
    guard pwrite(file.raw, header, header.count, 0) == header.count else { throw .errno("write", "pack") }
    guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw .errno("rewind", "pack") }
    try IO.write(try checksum(format), to: file.raw, "pack")
    guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw .errno("rewind", "pack") }
    try git.run(["index-pack", "--stdin"], inputFile: file.raw).check("git index-pack")
  }

  private func checksum(_ format: ObjectFormat) throws(Rejection) -> [UInt8] {
    switch format {
    case .sha1:
      var hash = Insecure.SHA1()
      try hashFile(&hash)
      return Array(hash.finalize())
    case .sha256:
      var hash = SHA256()
      try hashFile(&hash)
      return Array(hash.finalize())
    }
  }

  private func hashFile(_ hash: inout some HashFunction) throws(Rejection) {
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let got = read(file.raw, &chunk, chunk.count)
      guard got >= 0 else { throw .errno("read", "pack") }
      if got == 0 { return }
      chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<got])) }
    }
  }
}
