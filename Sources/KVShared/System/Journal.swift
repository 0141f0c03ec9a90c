import Glibc

/// The journal: `.stargate/journal.ndjson`, a to-do list for the worker. Refs are the truth; the journal is a hint.
///
/// Record: one line of canonical JSON for each ref a push moved, with a checksum over the rest of the record.
/// Commit point: the fsync after one write of all lines of a push, both under an exclusive lock on the file.
/// Torn tail: a writer that finds the file not ending in a newline writes one first, so a torn line stays a line of its own.
/// Replay: a line that is not a record with a right checksum is skipped, counted and reported; nothing depends on it,
/// because the worker compares refs with the watermark on every run.
public struct Journal: ~Copyable {
  public static let directory = ".stargate"
  public static let fileName = "journal.ndjson"

  private let file: Descriptor
  private let path: String

  /// Opens the journal of a repository, made if it is not there.
  public init(repository: String) throws(Rejection) {
    let folder = "\(repository)/\(Self.directory)"
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .errno("make", folder) }
    let path = "\(folder)/\(Self.fileName)"
    let file = try Descriptor(path: path, flags: O_RDWR | O_CREAT | O_APPEND)
    self.path = path
    self.file = file
  }

  /// Appends records durably.
  public func append(_ records: [JournalRecord]) throws(Rejection) {
    guard !records.isEmpty else { return }
    try file.lock(exclusive: true)
    var bytes: [UInt8] = []
    let size = lseek(file.raw, 0, SEEK_END)
    if size > 0 {
      var last: UInt8 = 0
      if pread(file.raw, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    }
    for record in records { bytes += record.line }
    try IO.write(bytes, to: file.raw, path)
    guard fdatasync(file.raw) == 0 else { throw .errno("sync", path) }
  }

  /// What a journal holds.
  public struct Content: Sendable {
    public var records: [JournalRecord] = []
    /// Line numbers, from 1, of what is no record with a right checksum.
    public var corruptLines: [Int] = []
    /// Bytes of the file.
    public var size = 0
  }

  /// Reads the journal of a repository; one that is not there is empty.
  public static func read(repository: String) throws(Rejection) -> Content {
    var content = Content()
    guard let bytes = try IO.readFile("\(repository)/\(directory)/\(fileName)") else { return content }
    content.size = bytes.count
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      if let record = JournalRecord(line: Array(line)) {
        content.records.append(record)
      } else {
        content.corruptLines.append(number + 1)
      }
    }
    return content
  }
}

/// One line of the journal: a ref that a push moved.
public struct JournalRecord: Equatable, Sendable {
  /// The record without its checksum, which the checksum covers in canonical spelling.
  private struct Body: Codable, Equatable {
    let v: Int
    let ns: String
    let ref: String
    let old: String?
    let new: String
    let ts: String
  }

  private struct Sealed: Codable {
    let v: Int
    let ns: String
    let ref: String
    let old: String?
    let new: String
    let ts: String
    /// BLAKE2b-256 of the body's canonical JSON without its final newline, in hex.
    let sum: String
  }

  private let body: Body

  public init(ref: KVRef, old: OldValue, new: ObjectID, at now: Timestamp) {
    body = Body(
      v: 1, ns: ref.namespace.name, ref: ref.description, old: old.id?.hex, new: new.hex, ts: now.description)
  }

  /// Returns nil for a line that is not canonical or whose checksum is wrong.
  init?(line: [UInt8]) {
    guard let sealed = CanonicalJSON.decode(Sealed.self, line + [UInt8(ascii: "\n")]) else { return nil }
    body = Body(v: sealed.v, ns: sealed.ns, ref: sealed.ref, old: sealed.old, new: sealed.new, ts: sealed.ts)
    guard sealed.v == 1, sealed.sum == Self.sum(body) else { return nil }
  }

  public var ref: String { body.ref }
  public var new: String { body.new }
  public var timestamp: Timestamp? { Timestamp(body.ts) }

  /// The line with its newline.
  var line: [UInt8] {
    CanonicalJSON.encode(
      Sealed(
        v: body.v, ns: body.ns, ref: body.ref, old: body.old, new: body.new, ts: body.ts, sum: Self.sum(body)))
  }

  private static func sum(_ body: Body) -> String { Hex.string(BLAKE2b.hash(CanonicalJSON.line(body), length: 32)) }
}
