import FoundationEssentials
import KVShared
import Testing

struct AuthorizedKeyTests {
  static let ed25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIL2jkR/tvLY7HDNnHRHhbZjommoCwM993/InnS7isQ5v"
  static let other = "AAAAC3NzaC1lZDI1NTE5AAAAIBnYbgowrTsCke6h4g/7f7jqNehtCKNKaOPW5B7P7WyA"
  static let ecdsa =
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMF9NGFXKmqqpdyYllNt37L6qAvDVbPF8Jn8B6"
    + "xuEYF7Fcw8m05BwpabJys5bmtuWQClCO3sf4dh9u6BfrAqZDw="

  static func blob(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64)!) }

  @Test func sshLine() throws {
    let key = try AuthorizedKey.parse("ssh-ed25519 \(Self.ed25519) a b c")
    guard case .ssh(let type, let blob, let comment) = key else {
      Issue.record("not an SSH key")
      return
    }
    #expect(type == "ssh-ed25519")
    #expect(blob == Self.blob(Self.ed25519))
    #expect(comment == "a b c")
  }

  @Test func blanksAroundWords() throws {
    let key = try AuthorizedKey.parse("  ssh-ed25519\t\(Self.ed25519)   a b  ")
    guard case .ssh(_, _, let comment) = key else {
      Issue.record("not an SSH key")
      return
    }
    #expect(comment == "a b")
  }

  @Test func equalBlobsAreEqualKeys() throws {
    let james = try AuthorizedKey.parse("ssh-ed25519 \(Self.ed25519) james")
    #expect(try AuthorizedKey.parse("ssh-ed25519 \(Self.ed25519)") == james)
    #expect(try AuthorizedKey.parse("ssh-ed25519 \(Self.other) james") != james)
    #expect(Set([james, try AuthorizedKey.parse("ssh-ed25519 \(Self.ed25519) again")]).count == 1)
  }

  @Test func otherTypes() throws {
    #expect(throws: Never.self) { try AuthorizedKey.parse("ecdsa-sha2-nistp256 \(Self.ecdsa) ec") }
    let rsa = Self.wire("ssh-rsa", [1, 0, 1], [UInt8](repeating: 9, count: 257))
    #expect(throws: Never.self) { try AuthorizedKey.parse("ssh-rsa \(rsa)") }
    let hardware = Self.wire("sk-ssh-ed25519@openssh.com", [UInt8](repeating: 9, count: 32), Array("ssh:".utf8))
    #expect(throws: Never.self) { try AuthorizedKey.parse("sk-ssh-ed25519@openssh.com \(hardware)") }
  }

  @Test func gpgLine() throws {
    let fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567"
    #expect(try AuthorizedKey.parse("gpg \(fingerprint)") == .gpg(fingerprint: fingerprint))
    #expect(try AuthorizedKey.parse("gpg \(fingerprint.lowercased())") == .gpg(fingerprint: fingerprint))
  }

  @Test(arguments: [
    ("", "key line is not '<type> <base64> [comment]'"),
    ("ssh-ed25519", "key line is not '<type> <base64> [comment]'"),
    ("ssh-ed25519 AAAAC3... james", "key of type 'ssh-ed25519' is not valid base64"),
    ("ssh-ed25519 \(ed25519.dropLast(4))", "base64 is not a public key of type 'ssh-ed25519'"),
    ("ssh-ed25519 \(ed25519)AAAA", "base64 is not a public key of type 'ssh-ed25519'"),
    ("ssh-ed25519 \(ed25519.dropLast())", "key of type 'ssh-ed25519' is not valid base64"),
    ("ssh-ed25519 \(ecdsa)", "base64 is not a public key of type 'ssh-ed25519'"),
    ("ssh-rsa \(ed25519)", "base64 is not a public key of type 'ssh-rsa'"),
    ("ssh-ed25519 \(wire("ssh-ed25519", [1, 2, 3]))", "base64 is not a public key of type 'ssh-ed25519'"),
    ("ssh-ed25519 \(wire("ssh-ed25519"))", "base64 is not a public key of type 'ssh-ed25519'"),
    ("ecdsa-sha2-nistp256 \(ecdsa.dropLast(2))x=", "key of type 'ecdsa-sha2-nistp256' is not valid base64"),
    ("ssh-dss AAAA", "unknown key type 'ssh-dss'"),
    ("namespaces=\"git\" ssh-ed25519 \(ed25519)", "unknown key type 'namespaces=\"git\"'"),
    ("ssh-ed25519 \(ed25519) a\nb", "control character in key line"),
    ("ssh-ed25519 \(ed25519)\r\n", "control character in key line"),
    ("gpg 0123456789ABCDEF", "gpg key is not named by a fingerprint of 40 hex digits"),
    ("gpg 0123456789ABCDEF0123456789ABCDEF0123456G", "gpg key is not named by a fingerprint of 40 hex digits"),
    ("gpg 0123456789ABCDEF0123456789ABCDEF01234567 x", "gpg key is not named by a fingerprint of 40 hex digits"),
  ]) func badLine(line: String, message: String) {
    #expect(throws: AuthorizedKey.Malformed(message: message)) { try AuthorizedKey.parse(line) }
  }

  /// Returns a public key blob in base64: the type's name and the parts, each with its length.
  static func wire(_ type: String, _ parts: [UInt8]...) -> String {
    let blob = ([Array(type.utf8)] + parts).flatMap { part in
      withUnsafeBytes(of: UInt32(part.count).bigEndian) { Array($0) } + part
    }
    return Data(blob).base64EncodedString()
  }
}
