import Glibc

/// The file that makes a repository the leader: `.stargate-leader`, one line `{"host":"<uname -n>","term":<n>}`.
///
/// Hooks hold a shared lock on it while they decide; whoever promotes or demotes takes it exclusively. It is never deleted.
public struct Leader: Equatable, Sendable {
  public static let fileName = ".stargate-leader"

  public let host: String
  public let term: Int

  /// Parses the one line, which hooks read so often that a JSON decoder's start-up would be felt. Host names need no escapes.
  init?(line: [UInt8]) {
    guard let text = String(validating: line, as: UTF8.self), text.utf8.starts(with: "{\"host\":\"".utf8) else {
      return nil
    }
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    guard parts.count == 7, parts[3].utf8.allSatisfy({ $0 != UInt8(ascii: "\\") }), parts[5] == "term",
      let term = Int(parts[6].dropFirst().prefix { $0 != "}" })
    else { return nil }
    host = String(parts[3])
    self.term = term
    guard text.utf8.elementsEqual(self.line.utf8) else { return nil }
  }

  /// The file's one line.
  var line: String { "{\"host\":\"\(host)\",\"term\":\(term)}\n" }

  /// What the file of a repository says, whoever it names; nil where it is missing or malformed.
  public static func read(in repository: String) throws(Rejection) -> Leader? {
    try IO.readFile("\(repository)/\(fileName)", limit: 4096).flatMap { Leader(line: $0) }
  }

  /// Whether the file names this host, in a term.
  public var isHere: Bool { term >= 1 && host == Self.hostName() }

  /// Takes the shared lock and checks that the file names this host; the lock is held as long as the descriptor lives.
  /// Throws `.notLeader` where the file is missing, malformed, or names another host.
  public static func hold(in repository: String) throws(Rejection) -> Descriptor {
    let path = "\(repository)/\(fileName)"
    let raw = open(path, O_RDONLY | O_CLOEXEC)
    guard raw >= 0 else { throw .notLeader("this repository is not the leader: it has no \(fileName) file") }
    let file = Descriptor(adopting: raw)
    try file.lock(exclusive: false)
    let bytes = try IO.readAll(file.raw, path, limit: 4096)
    guard let leader = Leader(line: bytes), leader.term >= 1 else {
      throw .notLeader("the file \(fileName) is malformed, so this repository does not take itself for the leader")
    }
    let here = hostName()
    guard leader.host == here else {
      throw .notLeader("the leader is \(leader.host.quoted), and this host is \(here.quoted)")
    }
    return file
  }

  /// The same, with nil for a repository that is not the leader; any other trouble is thrown.
  static func holdUnlessFollower(in repository: String) throws(Rejection) -> Descriptor? {
    do throws(Rejection) {
      return try hold(in: repository)
    } catch {
      if error.code == .notLeader { return nil }
      throw error
    }
  }

  /// The name of this host, as `uname -n` prints it.
  public static func hostName() -> String {
    var info = utsname()
    uname(&info)
    return withUnsafeBytes(of: info.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
