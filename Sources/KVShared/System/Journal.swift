import Glibc

/// The journal: `.stargate/journal.ndjson`, a to-do list for the worker. Refs are the truth; the journal is a hint.
///
/// Record: one line of canonical JSON with a checksum over the rest of it, for each ref a push moved (`JournalRecord`),
/// and one for each time the worker turned to the mirror (`MirrorState`), of which the last one counts.
/// Commit point: the fsync after one write of all lines of a push, both under an exclusive lock on the file.
/// Torn tail: a writer that finds the file not ending in a newline writes one first, so a torn line stays a line of its own.
/// Rotation: the worker puts a new file in the place of one that has grown, sooner when all is on the mirror, under the
/// same lock; a writer that has locked a file which is not the journal any more opens it again.
/// Replay: a line that is not a record with a right checksum is skipped, counted and reported; nothing depends on it,
/// because the worker compares refs with the watermark on every run.
public struct Journal: ~Copyable {
  public static let directory = ".stargate"
  public static let fileName = "journal.ndjson"
  /// The lines before the last rotation.
  public static let oldFileName = "journal.1.ndjson"

  private let path: String
  private let oldPath: String

  /// Makes the journal's folder if it is not there.
  public init(repository: String) throws(Rejection) {
    let folder = "\(repository)/\(Self.directory)"
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .errno("make", folder) }
    path = "\(folder)/\(Self.fileName)"
    oldPath = "\(folder)/\(Self.oldFileName)"
  }

  /// Appends records durably.
  public func append(_ records: [JournalRecord]) throws(Rejection) { try append(lines: records.map(\.line)) }

  /// Appends the state of the mirror durably.
  public func append(_ state: MirrorState) throws(Rejection) { try append(lines: [state.line]) }

  private func append(lines: [[UInt8]]) throws(Rejection) {
    guard !lines.isEmpty else { return }
    let file = try open()
    var bytes: [UInt8] = []
    let size = lseek(file.raw, 0, SEEK_END)
    if size > 0 {
      var last: UInt8 = 0
      if pread(file.raw, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    }
    for line in lines { bytes += line }
    try IO.write(bytes, to: file.raw, path)
    guard fdatasync(file.raw) == 0 else { throw .errno("sync", path) }
  }

  /// Opens the journal, made if it is not there, and locks it; what was locked is the file of that name.
  private func open() throws(Rejection) -> Descriptor {
    for _ in 0..<100 {
      let file = try Descriptor(path: path, flags: O_RDWR | O_CREAT | O_APPEND)
      try file.lock(exclusive: true)
      var (locked, named) = (stat(), stat())
      guard fstat(file.raw, &locked) == 0, locked.st_mode & S_IFMT == S_IFREG else { throw Self.noFile(path) }
      if stat(path, &named) == 0, locked.st_ino == named.st_ino,
        locked.st_dev == named.st_dev
      {
        return file
      }
    }
    throw .io("the journal \(path.quoted) is replaced again and again")
  }

  private static func noFile(_ path: String) -> Rejection { .io("the journal \(path.quoted) is not a file") }

  /// Begins a new file where the journal is larger than so many bytes; it begins with the state of the mirror.
  public func rotate(above limit: Int, keeping state: MirrorState?) throws(Rejection) {
    var info = stat()
    guard stat(path, &info) == 0, info.st_size > limit else { return }
    let file = try open()
    defer { _ = file.raw }
    unlink(oldPath)
    guard link(path, oldPath) == 0 else { throw .errno("link", oldPath) }
    try IO.replaceFile(path, state?.line ?? [])
  }

  /// What a journal holds.
  public struct Content: Sendable {
    public var records: [JournalRecord] = []
    /// What the worker last found of the mirror.
    public var mirror: MirrorState?
    /// Line numbers, from 1, of what is no record with a right checksum.
    public var corruptLines: [Int] = []
    /// Bytes of the file.
    public var size = 0
  }

  /// Reads the journal of a repository; one that is not there is empty.
  public static func read(repository: String) throws(Rejection) -> Content {
    var content = Content()
    let path = "\(repository)/\(directory)/\(fileName)"
    var info = stat()
    guard stat(path, &info) != 0 || info.st_mode & S_IFMT == S_IFREG else { throw noFile(path) }
    guard let bytes = try IO.readFile(path) else { return content }
    content.size = bytes.count
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      if let record = JournalRecord(line: Array(line)) {
        content.records.append(record)
      } else if let state = MirrorState(line: Array(line)) {
        content.mirror = state
      } else {
        content.corruptLines.append(number + 1)
      }
    }
    return content
  }
}

/// One line of the journal: a ref that a push moved.
public struct JournalRecord: Equatable, Sendable {
  private struct Body: Codable, Equatable {
    let v: Int
    /// Milliseconds after `ts`.
    let ms: Int?
    let ns: String
    let ref: String
    let old: String?
    let new: String
    let ts: String
  }

  private let body: Body

  /// - Parameter milliseconds: after the instant.
  public init(ref: KVRef, old: OldValue, new: ObjectID, at now: Timestamp, milliseconds: Int? = nil) {
    body = Body(
      v: 1, ms: milliseconds, ns: ref.namespace.name, ref: ref.description, old: old.id?.hex, new: new.hex,
      ts: now.description)
  }

  /// Returns nil for a line that is not canonical or whose checksum is wrong.
  init?(line: [UInt8]) {
    guard let body = Sealed<Body>.read(line), body.v == 1 else { return nil }
    self.body = body
  }

  public var ref: String { body.ref }
  public var old: String? { body.old }
  public var new: String { body.new }
  public var timestamp: Timestamp? { Timestamp(body.ts) }

  /// Milliseconds since 1970.
  public var milliseconds: Int? { timestamp.map { Int($0.seconds) * 1000 + (body.ms ?? 0) } }

  /// The line with its newline.
  var line: [UInt8] { Sealed(body).line }
}
