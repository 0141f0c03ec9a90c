import FoundationEssentials
import KVShared
import Testing

/// Signatures made once by ssh-keygen -Y sign over `message`.
struct SSHSignatureTests {
  static let message = Array("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nhello\n".utf8)

  static let sha512 = """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgvaORH+28tjscM2cdEeFtmOiaag
    LAz33f8iedLuKxDm8AAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
    AAAAQLASjTboEewAVJk0TOo8tpc+dYOk/FOpdC67TbWu9DrIMyDS68bNbEwrtcMvfSYkrV
    bPQekCfebH9JAPBGajrgs=
    -----END SSH SIGNATURE-----

    """

  static let sha256 = """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgvaORH+28tjscM2cdEeFtmOiaag
    LAz33f8iedLuKxDm8AAAADZ2l0AAAAAAAAAAZzaGEyNTYAAABTAAAAC3NzaC1lZDI1NTE5
    AAAAQP6j2/RwOTdPAv1CjKuhhA8eP8CbeSyy2d/ApcTi0Zlg7Yx8wtfvKzZZk/4vYucoX0
    lz9Ypc6aQWFvuacZjSagg=
    -----END SSH SIGNATURE-----

    """

  static let otherNamespace = """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgvaORH+28tjscM2cdEeFtmOiaag
    LAz33f8iedLuKxDm8AAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
    OQAAAECerkaTrkIDQUhqVBNAo70KpkcnlBzHsI3XZ3NoAjcGyGhmxMaAsdBsqlEfEgcUY5
    /i84xxezIOlk4tMSR1O5UA
    -----END SSH SIGNATURE-----

    """

  static let ecdsa = """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE
    EEwX00YVcqaqql3JiWU23fsvqoC8NVs8XwmfwHrG4RgXsVzDybTkHClpsnKzlua25ZAKUI
    7ex/h2H27oF+sCpkPAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNkc2Etc2hhMi
    1uaXN0cDI1NgAAAEkAAAAhAKkn6FooEvqDjfS9vTvHNwxqj4+p2M1WrJE5MiTmfZHjAAAA
    IH7olM8YD3qXzv7U5Bnp7CSlltXRqw7V+RHIU6Qsxt0x
    -----END SSH SIGNATURE-----

    """

  static func parse(_ text: String) -> SSHSignature? { SSHSignature(armored: Array(text.utf8)) }

  @Test(arguments: [(sha512, "git"), (sha256, "git"), (otherNamespace, "file")])
  func goodSignature(armored: String, namespace: String) throws {
    let signature = try #require(Self.parse(armored))
    #expect(signature.keyType == "ssh-ed25519")
    #expect(signature.namespace == namespace)
    #expect(signature.verify(Self.message) == .good)
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL2jkR/tvLY7HDNnHRHhbZjommoCwM993/InnS7isQ5v"
    #expect(try AuthorizedKey.parse(line) == .ssh(type: "ssh-ed25519", blob: signature.publicKey, comment: ""))
  }

  @Test func changedMessage() throws {
    let signature = try #require(Self.parse(Self.sha512))
    for index in Self.message.indices {
      var message = Self.message
      message[index] ^= 1
      #expect(signature.verify(message) == .bad)
    }
    #expect(signature.verify([]) == .bad)
    #expect(signature.verify(Self.message + [0x0a]) == .bad)
  }

  /// Whatever letter of the base64 is replaced, no signature verifies as one of the same key in `git`.
  @Test(arguments: [sha512, sha256]) func changedSignature(armored: String) throws {
    let original = try #require(Self.parse(armored))
    let text = Array(armored.utf8)
    let body = "-----BEGIN SSH SIGNATURE-----\n".utf8.count..<text.count - "\n-----END SSH SIGNATURE-----\n".utf8.count
    for index in body where text[index] != 0x0a {
      var changed = text
      changed[index] = text[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      guard let signature = SSHSignature(armored: changed), signature.publicKey == original.publicKey,
        signature.namespace == "git"
      else { continue }
      #expect(signature.verify(Self.message) == .bad, "byte \(index)")
    }
  }

  @Test func otherKeyTypesAreLeftToGit() throws {
    let signature = try #require(Self.parse(Self.ecdsa))
    #expect(signature.keyType == "ecdsa-sha2-nistp256")
    #expect(signature.namespace == "git")
    #expect(signature.verify(Self.message) == .unsupportedKeyType)
  }

  @Test func everyTruncationIsRefused() {
    let text = Array(Self.sha512.utf8)
    // The final newline alone may be missing: git strips it.
    #expect(SSHSignature(armored: text.dropLast()) != nil)
    for length in 0..<text.count - 1 {
      #expect(SSHSignature(armored: Array(text.prefix(length))) == nil, "\(length) bytes")
    }
  }

  @Test(arguments: [
    ("", ""),
    ("before", "x" + sha512),
    ("line before", "\n" + sha512),
    ("after", sha512 + "x"),
    ("empty line after", sha512 + "\n"),
    ("two", sha512 + sha512),
    ("carriage returns", sha512.split(separator: "\n").joined(separator: "\r\n")),
    ("folded as in a commit", sha512.split(separator: "\n").joined(separator: "\n ")),
    ("no padding", sha512.filter { $0 != "=" }),
    ("pgp", "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"),
    ("no body", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"),
    ("huge", sha512 + String(repeating: "\n", count: 20_000)),
  ]) func badArmor(what: String, armored: String) {
    #expect(Self.parse(armored) == nil, "\(what)")
  }

  /// Takes a good signature apart and puts it together with one part wrong.
  @Test func badParts() throws {
    let key = try #require(Self.parse(Self.sha512)).publicKey
    let inner = Self.string("ssh-ed25519") + Self.string([UInt8](repeating: 7, count: 64))
    func armored(
      magic: String = "SSHSIG", version: UInt8 = 1, key part: [UInt8]? = nil, namespace: String = "git",
      reserved: String = "", hash: String = "sha512", signature: [UInt8]? = nil, after: [UInt8] = []
    ) -> String {
      var blob = Array(magic.utf8) + [0, 0, 0, version]
      blob += Self.string(part ?? key)
      blob += Self.string(namespace) + Self.string(reserved) + Self.string(hash)
      blob += Self.string(signature ?? inner) + after
      return Self.armor(blob)
    }
    #expect(Self.parse(armored())?.verify(Self.message) == .bad)
    let wrong: [(String, String)] = [
      ("magic", armored(magic: "SSHSIX")),
      ("version", armored(version: 2)),
      ("no namespace", armored(namespace: "")),
      ("reserved", armored(reserved: "x")),
      ("hash", armored(hash: "sha1")),
      ("trailing byte", armored(after: [0])),
      ("trailing byte in the key", armored(key: key + [0])),
      ("short key", armored(key: Array(key.dropLast()))),
      ("empty key", armored(key: [])),
      ("trailing byte in the signature", armored(signature: inner + [0])),
      ("short signature", armored(signature: Self.string("ssh-ed25519") + Self.string([1, 2, 3]))),
      ("signature of another type", armored(signature: Self.string("ssh-rsa") + inner.suffix(68))),
      ("empty signature", armored(signature: [])),
    ]
    for (what, text) in wrong { #expect(Self.parse(text) == nil, "\(what)") }
  }

  static func string(_ text: String) -> [UInt8] { string(Array(text.utf8)) }

  static func string(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
  }

  static func armor(_ blob: [UInt8]) -> String {
    var lines = ["-----BEGIN SSH SIGNATURE-----"]
    var base64 = Data(blob).base64EncodedString()[...]
    while !base64.isEmpty {
      lines.append(String(base64.prefix(70)))
      base64 = base64.dropFirst(70)
    }
    return (lines + ["-----END SSH SIGNATURE-----", ""]).joined(separator: "\n")
  }
}
