import Glibc

/// What is asked of the object database, by id or by any name git resolves.
public enum ObjectRequest: Sendable {
  case info(String)
  case contents(String)
}

/// An object as the database answers.
public struct ObjectReply: Sendable {
  public let id: ObjectID
  public let kind: ObjectKind
  /// Bytes of the object.
  public let size: Int
  /// The bytes; empty for an `info`.
  public let bytes: [UInt8]
}

/// Reads objects through one `git cat-file --batch-command`, in waves: many questions, one flush, all answers.
public final class ObjectReader {
  public let format: ObjectFormat
  /// The bytes of a larger blob are passed over, and the reply has none.
  public var blobBytes = Int.max
  private let input: Int32
  private let output: Int32
  private let pid: pid_t
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var trees: [ObjectID: [TreeEntry]] = [:]
  /// Whether bytes are compared with the id they are stored under, for which git takes a file's name.
  public var provesNames = false
  /// Trees that were computed and that git may not have; they are looked at before it is asked.
  var planted: PlantedTrees?

  /// No commit of ours is larger; the bytes of a larger one are never held.
  static let commitBytes = 64 << 10
  /// No tree of ours is larger: a directory splits long before.
  static let treeBytes = 16 << 20

  /// Questions in flight stay below what a pipe holds, so neither side ever waits for the other in a circle.
  private static let questionBytes = 32 * 1024

  /// A `git cat-file` that comes up while its caller does other things.
  public struct Process: Sendable {
    fileprivate let input: Int32
    fileprivate let output: Int32
    fileprivate let pid: pid_t

    /// Starts it. With no hold on a hook's standard error it keeps nobody waiting, and need not be waited for.
    public init(_ git: Git) throws(Rejection) {
      let child = try git.start(
        ["cat-file", "--batch-command", "--buffer"], stdin: .pipe, stdout: .pipe, stderr: .null)
      input = child.stdin
      output = child.stdout
      pid = child.pid
    }
  }

  public convenience init(_ git: Git, format: ObjectFormat) throws(Rejection) {
    self.init(try Process(git), format: format)
  }

  public init(_ process: Process, format: ObjectFormat) {
    input = process.input
    output = process.output
    pid = process.pid
    self.format = format
    buffer = [UInt8](repeating: 0, count: 1 << 17)
  }

  deinit {
    close(input)
    close(output)
    var status: Int32 = 0
    waitpid(pid, &status, WNOHANG)
  }

  /// Asks everything and gives the answers in the order of the questions; nil for an object that is not there.
  public func read(_ requests: [ObjectRequest]) throws(Rejection) -> [ObjectReply?] {
    var replies: [ObjectReply?] = []
    replies.reserveCapacity(requests.count)
    try read(requests) { replies.append($1) }
    return replies
  }

  /// Asks everything and hands each answer over as it comes, with the number of its question. Once `each` has thrown it
  /// gets no more: what git still has to say is passed over, so that others may go on asking, and the error comes out.
  public func read(
    _ requests: [ObjectRequest], each: (Int, ObjectReply?) throws(Rejection) -> Void
  ) throws(Rejection) {
    var failure: Rejection?
    var next = 0
    while next < requests.count {
      var text: [UInt8] = []
      let first = next
      while next < requests.count, text.count < Self.questionBytes {
        switch requests[next] {
        case .info(let name): text.append(contentsOf: "info \(name)\n".utf8)
        case .contents(let name): text.append(contentsOf: "contents \(name)\n".utf8)
        }
        next += 1
      }
      text.append(contentsOf: "flush\n".utf8)
      try IO.write(text, to: input, "git cat-file")
      for at in first..<next {
        let withBytes = if case .contents = requests[at] { true } else { false }
        let reply = try answer(withBytes: withBytes)
        guard failure == nil else { continue }
        do throws(Rejection) {
          try each(at, reply)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
  }

  /// Lets go of every tree read so far.
  public func forgetTrees() { trees = [:] }

  /// Reads and parses one commit. Throws `.attestation` where it is missing or no commit.
  public func commit(_ id: ObjectID) throws(Rejection) -> Commit {
    guard let reply = try read([.contents(id.hex)])[0] else { throw .attestation("commit \(id) is missing") }
    return try Self.commit(reply)
  }

  public static func commit(_ reply: ObjectReply) throws(Rejection) -> Commit {
    guard reply.size <= commitBytes else {
      throw .attestation("commit \(reply.id) has \(reply.size) bytes, more than \(commitBytes)")
    }
    guard reply.kind == .commit else { throw .attestation("object \(reply.id) is a \(reply.kind), not a commit") }
    return try Commit(id: reply.id, bytes: reply.bytes)
  }

  /// Reads trees, each once; later calls answer from memory. Throws `.attestation` for one that is missing or not of our kind.
  public func load(trees ids: [ObjectID]) throws(Rejection) {
    var wanted: [ObjectID] = []
    var seen: Set<ObjectID> = []
    for id in ids where trees[id] == nil && seen.insert(id).inserted {
      if let bytes = planted?[id] { trees[id] = try? Tree.parse(bytes, format) } else { wanted.append(id) }
    }
    try read(wanted.map { .contents($0.hex) }) { (at, reply) throws(Rejection) in
      let id = wanted[at]
      guard let reply, reply.kind == .tree, reply.size <= Self.treeBytes else {
        throw .attestation("tree \(id) is missing, or larger than \(Self.treeBytes) bytes")
      }
      do throws(Tree.Fault) {
        trees[id] = try Tree.parse(reply.bytes, format)
      } catch {
        throw Self.rejection(error, in: id)
      }
    }
  }

  /// The entries of a tree; nil stands for the empty tree.
  public func entries(_ id: ObjectID?) throws(Rejection) -> [TreeEntry] {
    guard let id else { return [] }
    if let known = trees[id] { return known }
    try load(trees: [id])
    return trees[id] ?? []
  }

  static func rejection(_ fault: Tree.Fault, in id: ObjectID) -> Rejection {
    switch fault {
    case .malformed: .attestation("tree \(id) is malformed")
    case .mode(let mode, let name):
      .attestation("entry \(name.quoted) has the mode \(mode); only plain files may stand here")
    case .order(let name): .attestation("tree \(id) is out of order or doubled at \(name.quoted)")
    }
  }

  private func answer(withBytes: Bool) throws(Rejection) -> ObjectReply? {
    let line = try readLine()
    let parts = line.split(separator: UInt8(ascii: " "))
    if let last = parts.last, ["missing", "ambiguous"].contains(where: { last.elementsEqual($0.utf8) }) { return nil }
    guard parts.count == 3, let id = ObjectID(hex: parts[0]),
      let kind = ObjectKind(rawValue: String(decoding: parts[1], as: UTF8.self)),
      let size = Int(String(decoding: parts[2], as: UTF8.self)), size >= 0
    else { throw .io("git cat-file answered \(line.quoted)") }
    guard withBytes else { return ObjectReply(id: id, kind: kind, size: size, bytes: []) }
    let limit = kind == .commit ? Self.commitBytes : kind == .tree ? Self.treeBytes : blobBytes
    let bytes = size <= limit ? try take(size) : try skip(size)
    _ = try take(1)
    if provesNames, bytes.count == size, ObjectHasher(format).id(kind, bytes) != id {
      throw .attestation("object \(id) holds other bytes than its name says")
    }
    return ObjectReply(id: id, kind: kind, size: size, bytes: bytes)
  }

  private func readLine() throws(Rejection) -> [UInt8] {
    var line: [UInt8] = []
    while true {
      if let newline = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
        line.append(contentsOf: buffer[start..<newline])
        start = newline + 1
        return line
      }
      line.append(contentsOf: buffer[start..<end])
      try refill()
    }
  }

  private func take(_ count: Int) throws(Rejection) -> [UInt8] {
    var failure: Rejection?
    let out = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      do throws(Rejection) {
        while filled < count {
          if start < end {
            let part = min(count - filled, end - start)
            buffer.withUnsafeBytes { source in
              UnsafeMutableRawBufferPointer(target)[filled...].copyBytes(from: source[start..<(start + part)])
            }
            start += part
            filled += part
          } else if count - filled >= buffer.count {
            // What is left is large: straight to its place.
            let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[filled..<count])
            filled += try receive(into: rest)
          } else {
            try refill()
          }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return out
  }

  private func skip(_ count: Int) throws(Rejection) -> [UInt8] {
    var left = count
    while left > 0 {
      if start == end { try refill() }
      let part = min(left, end - start)
      start += part
      left -= part
    }
    return []
  }

  private func refill() throws(Rejection) {
    start = 0
    end = 0
    var failure: Rejection?
    buffer.withUnsafeMutableBytes { bytes in
      do throws(Rejection) {
        end = try receive(into: bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Reads what has come, at least one byte.
  private func receive(into bytes: UnsafeMutableRawBufferPointer) throws(Rejection) -> Int {
    while true {
      let got = Glibc.read(output, bytes.baseAddress, bytes.count)
      if got > 0 { return got }
      guard got < 0, errno == EINTR else { throw .io("git cat-file ended early") }
    }
  }
}
