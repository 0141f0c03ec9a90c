import Crypto
import FoundationEssentials

/// A parsed SSH signature as `ssh-keygen -Y sign` and `git commit -S` write it (OpenSSH's PROTOCOL.sshsig).
public struct SSHSignature: Sendable {
  /// The signer's public key in wire form; nothing is proved until it stands in the policy and `verify` says `.good`.
  public let publicKey: [UInt8]
  public let keyType: String
  /// What the signature is for; git signs in `git`. Checking it is the caller's.
  public let namespace: String

  private let hash: Hash
  private let signature: [UInt8]

  private enum Hash: String { case sha256, sha512 }

  public enum Outcome: Sendable {
    case good, bad
    /// Only Ed25519 is verified in process; `git verify-commit` knows the rest.
    case unsupportedKeyType
  }

  private static let preamble: [UInt8] = Array("SSHSIG".utf8)
  private static let header = "-----BEGIN SSH SIGNATURE-----"
  private static let footer = "-----END SSH SIGNATURE-----"
  /// An RSA key of 16,384 bits, OpenSSH's limit, needs a third of this.
  private static let longest = 16_384

  /// Returns nil for anything but one well-formed armored signature of version 1 with nothing before or after it.
  public init?(armored: [UInt8]) {
    guard let blob = Self.dearmor(armored) else { return nil }
    var wire = SSHWire(blob)
    guard wire.bytes(6).map(Array.init) == Self.preamble, wire.uint32() == 1,
      let publicKey = wire.string(), let keyType = SSHWire.keyType(of: publicKey),
      let namespace = wire.text(), !namespace.isEmpty,
      let reserved = wire.string(), reserved.isEmpty,
      let hash = wire.text().flatMap(Hash.init(rawValue:)),
      let signature = wire.string(), !signature.isEmpty, wire.isAtEnd
    else { return nil }
    self.publicKey = publicKey
    self.keyType = keyType
    self.namespace = namespace
    self.hash = hash
    if keyType == "ssh-ed25519" {
      var inner = SSHWire(signature)
      guard inner.text() == keyType, let raw = inner.string(), raw.count == 64, inner.isAtEnd else { return nil }
      self.signature = raw
    } else {
      self.signature = signature
    }
  }

  /// Checks the signature over `message` against the key it carries.
  public func verify(_ message: [UInt8]) -> Outcome {
    guard let raw = SSHWire.ed25519Key(of: publicKey) else { return .unsupportedKeyType }
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return .bad }
    let digest: [UInt8] =
      switch hash {
      case .sha256: Array(SHA256.hash(data: message))
      case .sha512: Array(SHA512.hash(data: message))
      }
    var signed = Self.preamble
    for part in [Array(namespace.utf8), [], Array(hash.rawValue.utf8), digest] {
      withUnsafeBytes(of: UInt32(part.count).bigEndian) { signed += $0 }
      signed += part
    }
    return key.isValidSignature(signature, for: signed) ? .good : .bad
  }

  private static func dearmor(_ armored: [UInt8]) -> [UInt8]? {
    guard armored.count <= longest, let text = String(validating: armored, as: UTF8.self) else { return nil }
    // By scalar: as characters CR LF would be one, and no separator.
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    guard lines.count >= 3, lines.first == header, lines.last == footer else { return nil }
    let body = lines.dropFirst().dropLast()
    guard body.allSatisfy({ (1...76).contains($0.utf8.count) }) else { return nil }
    return SSHWire.decodeBase64(body.joined())
  }
}
