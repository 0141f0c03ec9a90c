import FoundationEssentials

/// One `writers` or `admins` line of the policy: an SSH public key or the fingerprint of a GPG key.
public enum AuthorizedKey: Sendable {
  /// A key as in `authorized_keys`, without options; `blob` is the decoded wire form.
  case ssh(type: String, blob: [UInt8], comment: String)
  /// A GPG key named by its primary fingerprint, 40 upper-case hex digits.
  case gpg(fingerprint: String)

  /// Says why a line is no key; `message` is ready to be shown.
  public struct Malformed: Error, Equatable {
    public let message: String

    public init(message: String) { self.message = message }
  }

  /// Reads `<type> <base64> [comment]` or `gpg <fingerprint>`.
  public static func parse(_ line: String) throws(Malformed) -> AuthorizedKey {
    // A line break in a quoted YAML string would otherwise reach the allowed-signers file made from the policy.
    guard line.unicodeScalars.allSatisfy({ $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7f) }) else {
      throw Malformed(message: "control character in key line")
    }
    let words = line.split(maxSplits: 2, whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    guard words.count >= 2 else { throw Malformed(message: "key line is not '<type> <base64> [comment]'") }
    if words[0] == "gpg" {
      guard words.count == 2, words[1].utf8.count == 40, words[1].utf8.allSatisfy(\.isHexDigit) else {
        throw Malformed(message: "gpg key is not named by a fingerprint of 40 hex digits")
      }
      return .gpg(fingerprint: words[1].uppercased())
    }
    guard SSHWire.keyTypes[words[0]] != nil else { throw Malformed(message: "unknown key type '\(words[0])'") }
    guard let decoded = SSHWire.decodeBase64(words[1]) else {
      throw Malformed(message: "key of type '\(words[0])' is not valid base64")
    }
    guard SSHWire.keyType(of: decoded) == words[0] else {
      throw Malformed(message: "base64 is not a public key of type '\(words[0])'")
    }
    let comment = words.count == 3 ? words[2].trimmed : ""
    return .ssh(type: words[0], blob: decoded, comment: comment)
  }
}

/// The comment is no part of an SSH key: equal blobs are equal keys.
extension AuthorizedKey: Hashable {
  public static func == (left: AuthorizedKey, right: AuthorizedKey) -> Bool {
    switch (left, right) {
    case (.ssh(_, let a, _), .ssh(_, let b, _)): a == b
    case (.gpg(let a), .gpg(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .ssh(_, let blob, _): hasher.combine(blob)
    case .gpg(let fingerprint): hasher.combine(fingerprint)
    }
  }
}

/// A cursor over the length-prefixed strings of RFC 4251 §5; every read past the end is nil.
struct SSHWire {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func uint32() -> UInt32? {
    bytes(4)?.reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func string() -> [UInt8]? {
    uint32().flatMap { bytes(Int($0)) }.map { Array($0) }
  }

  mutating func text() -> String? {
    string().flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The public key types that may stand in a policy, each with the number of strings that follow the type's name.
  static let keyTypes: [String: Int] = [
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
  ]

  /// Returns the type that a public key blob names, or nil unless the blob has exactly the parts of that type.
  static func keyType(of blob: [UInt8]) -> String? {
    var wire = SSHWire(blob)
    guard let type = wire.text(), let count = keyTypes[type] else { return nil }
    var parts: [[UInt8]] = []
    for _ in 0..<count {
      guard let part = wire.string(), !part.isEmpty else { return nil }
      parts.append(part)
    }
    guard wire.isAtEnd else { return nil }
    if type.contains("ed25519"), parts[0].count != 32 { return nil }
    return type
  }

  /// Returns the Ed25519 key of a blob of type `ssh-ed25519`.
  static func ed25519Key(of blob: [UInt8]) -> [UInt8]? {
    keyType(of: blob) == "ssh-ed25519" ? Array(blob.suffix(32)) : nil
  }

  /// Decodes canonical base64: no white space, padded, no stray bits.
  static func decodeBase64(_ text: String) -> [UInt8]? {
    guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { return nil }
    return Array(data)
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    let body = drop { $0 == " " || $0 == "\t" }
    guard let last = body.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return String(body[...last])
  }
}
