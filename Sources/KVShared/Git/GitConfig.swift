/// What `git config --list -z` says: every value of every key, in order.
public struct GitConfig: Sendable {
  private var values: [String: [String]] = [:]

  public init(listing: [UInt8]) {
    for entry in listing.split(separator: 0) {
      let parts = entry.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : "true"
      values[String(decoding: parts[0], as: UTF8.self), default: []].append(value)
    }
  }

  /// Asks git.
  public init(_ git: Git) throws(Rejection) {
    self.init(listing: try git.run(["config", "--list", "-z"]).check("git config").output)
  }

  /// The value that counts: the last one. Section and variable in lower case, as git prints them.
  public subscript(_ key: String) -> String? { values[key]?.last }

  public func all(_ key: String) -> [String] { values[key] ?? [] }

  /// A boolean in git's spellings; nil where it is unset or something else.
  public func bool(_ key: String) -> Bool? {
    switch self[key]?.lowercased() {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0", "": false
    default: nil
    }
  }
}
