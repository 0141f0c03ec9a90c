import Glibc

/// The repository that shows everything to readers, as the Stargate's git configuration names it.
public struct MirrorRemote: Sendable {
  /// The remote `install.sh --mirror` configures; `kv.mirror` names another one.
  public static let usualName = "github-origin"

  public let name: String
  /// Where pushes to it go.
  public let url: String

  /// Returns nil where no such remote is configured. Throws `.io` where one is named outright and not there.
  /// - Parameter name: what the command line says.
  public init?(_ config: GitConfig, name chosen: String? = nil) throws(Rejection) {
    let named = chosen ?? config["kv.mirror"]
    name = named ?? Self.usualName
    guard let url = config.all("remote.\(name).pushurl").first ?? config["remote.\(name).url"] else {
      guard named == nil else { throw .io("there is no remote \(name.quoted)", hint: "git remote add \(name) URL") }
      return nil
    }
    self.url = url
  }

  /// A place as a clone knows it.
  public init(url: String) {
    name = url
    self.url = url
  }

  /// The url as it may be shown to everybody: without the user and password, or the token, of a web url.
  public var shownURL: String {
    guard let scheme = url.firstRange(of: "://"), !SSHCommand.isSSH(url) else { return url }
    let rest = url[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return url }
    return "\(url[..<scheme.upperBound])\(rest[rest.index(after: at)...])"
  }

  /// Options that keep a connection from hanging for ever: nobody is there to answer a prompt or to notice.
  private static let ssh =
    "-o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=3"

  /// The same git, for talking to the mirror.
  public func talking(_ git: Git, _ config: GitConfig) -> Git {
    var git = git
    SSHCommand(config).add(Self.ssh, to: &git, url: url)
    git.options += ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"]
    return git
  }

  /// What refs hold there, of those that match one of some patterns of `git ls-remote`.
  public func refs(_ patterns: [String], _ git: Git) throws(MirrorFault) -> [String: ObjectID] {
    let answer: ChildResult
    do {
      answer = try git.run(["ls-remote", "--refs", "--quiet", url] + patterns)
    } catch {
      throw MirrorFault(.unreachable, error.message)
    }
    guard answer.status == 0 else { throw MirrorFault(connecting: answer, to: self) }
    return Git.refs(answer)
  }
}

/// Why the mirror does not have everything.
public struct MirrorFault: Error, Equatable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// Nobody answers.
    case unreachable
    /// It answers, and does not let us in.
    case credentials
    /// It does not take what is pushed.
    case refused
    /// It holds what nobody here has put there, or lacks what was.
    case drift
    /// Another host leads now.
    case deposed
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// What ssh, git, web servers, gitolite and the large hosts say to those they do not know or do not let in.
  private static let lockedOut = [
    "Permission denied", "Authentication failed", "could not read Username", "could not read Password",
    "Host key verification failed", "invalid credentials", "The requested URL returned error: 401",
    "The requested URL returned error: 403", "terminal prompts disabled", " DENIED by ", " denied to ",
    "You are not allowed to push",
  ]

  /// What git says of a repository whose ids are of the other length.
  private static let otherFormat = [
    "does not support this repository's hash algorithm", "mismatched algorithms", "unexpected capabilities^{}",
  ]

  /// The fault behind a git command that did not get through.
  public init(connecting answer: ChildResult, to remote: MirrorRemote) {
    // ssh ends its lines as terminals want them.
    let lines = String(decoding: answer.errors, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    if lines.contains(where: { line in Self.otherFormat.contains { line.contains($0) } }) {
      self.init(
        .refused,
        "\(remote.shownURL.quoted) is a repository of another object format; git cannot push from one to the other")
      return
    }
    let locked = lines.first { line in Self.lockedOut.contains { line.contains($0) } }
    let said =
      locked ?? lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") || $0.hasPrefix("ssh: ") }
      ?? lines.first ?? "git exited with \(answer.status)"
    self.init(locked == nil ? .unreachable : .credentials, "\(remote.shownURL.quoted): \(said)")
  }
}
