import Glibc
import KVShared

/// Where the Stargate of a repository is, and how a command gets there.
enum StargateSite {
  /// A folder on this machine.
  case here(String)
  /// An account on an SSH host, and the path git uses there.
  case host(SSHPlace)

  /// The repository itself where it is a Stargate, else the place that a clone pushes to.
  /// Throws `.io` where there is none, or it cannot run commands.
  init(_ clone: Clone) throws(Rejection) {
    if clone.workTree == nil,
      access("\(clone.gitDirectory)/\(Leader.fileName)", F_OK) == 0
        || access("\(clone.gitDirectory)/\(Journal.directory)", F_OK) == 0
    {
      self = .here(clone.gitDirectory)
      return
    }
    guard let remote = try Remote(clone.config) else {
      throw .io("there is no Stargate here", hint: "git remote add origin URL; git kv remote setup")
    }
    let url = remote.pushURL
    if SSHCommand.isSSH(url) {
      guard let place = SSHPlace(url) else { throw .io("cannot make out host and path of \(url.quoted)") }
      self = .host(place)
    } else if let path = Self.path(url) {
      let root = path.hasPrefix("/") ? path : "\(clone.workTree ?? clone.gitDirectory)/\(path)"
      guard access("\(root)/\(Journal.directory)", F_OK) == 0 else {
        throw .io("\(url.quoted) is no Stargate", hint: "'git kv remote setup' finds it")
      }
      self = .here(root)
    } else {
      throw .io("\(url.quoted) runs no commands", hint: "do this on the Stargate itself, or over its ssh")
    }
  }

  private static func path(_ url: String) -> String? {
    if url.hasPrefix("file://") { return String(url.dropFirst("file://".count)) }
    return url.contains("://") ? nil : url
  }
}

/// Host and path of an SSH url in one of git's two spellings.
struct SSHPlace: Equatable {
  /// `[user@]host`.
  let host: String
  let port: String?
  /// As a shell on the host has to be given it: absolute, or from the account's home.
  let path: String

  /// Returns nil for what ssh would take for an option, and for a url without host or path.
  init?(_ url: String) {
    var rest = url[...]
    if let scheme = rest.firstRange(of: "://") {
      rest = rest[scheme.upperBound...]
      guard let slash = rest.firstIndex(of: "/") else { return nil }
      var place = String(rest[..<slash])
      path = rest[slash...].hasPrefix("/~/") ? String(rest[slash...].dropFirst(3)) : String(rest[slash...])
      var number: String?
      if let colon = place.lastIndex(of: ":"), !place[colon...].contains("]") {
        number = String(place[place.index(after: colon)...])
        place = String(place[..<colon])
      }
      port = number
      host = place.filter { $0 != "[" && $0 != "]" }
    } else {
      guard let colon = rest.firstIndex(of: ":") else { return nil }
      host = String(rest[..<colon])
      let tail = rest[rest.index(after: colon)...]
      path = tail.hasPrefix("~/") ? String(tail.dropFirst(2)) : String(tail)
      port = nil
    }
    guard !host.isEmpty, !host.hasPrefix("-"), !path.isEmpty,
      port?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ?? true
    else { return nil }
  }
}
