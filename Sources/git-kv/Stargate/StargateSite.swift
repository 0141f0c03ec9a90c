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
    let address: Substring
    var tail: Substring
    if let scheme = url.firstRange(of: "://") {
      // Git decodes a url and leaves the other spelling as it is.
      guard let decoded = Self.decoded(url[scheme.upperBound...]), let slash = decoded.firstIndex(of: "/") else {
        return nil
      }
      (address, tail) = (decoded[..<slash], decoded[slash...])
      if tail.hasPrefix("/~") { tail = tail.dropFirst() }
    } else {
      let isBracketed = url.hasPrefix("[") || url.contains("@[")
      let end = isBracketed ? url.firstIndex(of: "]") ?? url.startIndex : url.startIndex
      guard let colon = url[end...].firstIndex(of: ":") else { return nil }
      (address, tail) = (url[..<colon], url[url.index(after: colon)...])
    }
    var place = address.filter { $0 != "[" && $0 != "]" }
    // What follows a colon is a port, unless the colon is one of an address of IPv6.
    let isBare = address.hasSuffix("]") && place.count(where: { $0 == ":" }) > 1
    if let colon = place.lastIndex(of: ":"), !isBare {
      port = String(place[place.index(after: colon)...])
      place = String(place[..<colon])
    } else {
      port = nil
    }
    host = place
    path = tail.hasPrefix("~/") ? String(tail.dropFirst(2)) : String(tail)
    guard !host.isEmpty, !host.hasPrefix("-"), !path.isEmpty,
      port?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ?? true
    else { return nil }
  }

  /// The text with `%XX` taken for the byte it names; nil where that is no UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest.removeFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
