import Glibc
import KVShared

/// Who writes and when, as git would have it.
struct Identity {
  /// `name <email> seconds zone`.
  let author: String
  let committer: String

  /// The address between the angle brackets.
  var email: String {
    guard let open = author.firstIndex(of: "<"), let close = author.lastIndex(of: ">") else { return author }
    let inner = String(author[author.index(after: open)..<close])
    return inner.isEmpty ? String(author[..<open]).trimmingSpaces : inner
  }

  /// Throws `.io` where git does not know who the user is.
  init(_ clone: Clone) throws(Rejection) {
    author = try Self.line("AUTHOR", clone)
    committer = try Self.line("COMMITTER", clone)
  }

  /// Names that are plainly configured are put together here; everything else is git's business.
  private static func line(_ role: String, _ clone: Clone) throws(Rejection) -> String {
    let environment = clone.git.environment
    let section = role.lowercased()
    let name = environment["GIT_\(role)_NAME"] ?? clone.config["\(section).name"] ?? clone.config["user.name"]
    let email = environment["GIT_\(role)_EMAIL"] ?? clone.config["\(section).email"] ?? clone.config["user.email"]
    if let name, let email, environment["GIT_\(role)_DATE"] == nil, isPlain(name), isPlain(email) {
      return "\(name) <\(email)> \(clock())"
    }
    let answer = try clone.git.run(["var", "GIT_\(role)_IDENT"])
    guard answer.status == 0 else {
      throw .io("git does not know who you are", hint: "set user.name and user.email with 'git config'")
    }
    return answer.text
  }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0.isPlainText } && text.utf8.first!.isLetterOrDigit
      && text.utf8.last!.isLetterOrDigit
  }

  /// Seconds since 1970 and the zone's offset, `1763900000 +0100`.
  private static func clock() -> String {
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    let minutes = abs(local.tm_gmtoff) / 60
    func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(now) \(local.tm_gmtoff < 0 ? "-" : "+")\(pad(minutes / 60))\(pad(minutes % 60))"
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) || self >= 0x80
  }
  fileprivate var isPlainText: Bool {
    isLetterOrDigit || [0x20, 0x27, 0x2b, 0x2d, 0x2e, 0x40, 0x5f].contains(self)
  }
}
