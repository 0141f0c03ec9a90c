/// What an admin signs to have the mirror overwritten: one plan for one mirror, once.
public struct AdminChallenge: Sendable {
  /// The purpose of the signature (`ssh-keygen -Y sign -n`): one made for git, or for anything else, is not good here.
  public static let purpose = "git-kv-admin"

  /// How every challenge begins.
  public static let firstLine = "git-kv admin challenge\n"

  /// What is signed.
  public let text: String

  /// - Parameter plan: what would be done, a line each.
  public init(mode: String, repository: String, mirror: String, plan: [String]) {
    let nonce = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    let digest = BLAKE2b.hash(Array(plan.map { $0 + "\n" }.joined().utf8), length: 32)
    text = """
      \(Self.firstLine)host: \(Leader.hostName())
      repository: \(repository)
      mirror: \(mirror)
      mode: \(mode)
      plan: blake2b-256:\(Hex.string(digest))
      nonce: \(Hex.string(nonce))

      """
  }

  /// Throws `.policy` unless an admin of the policy has signed this very challenge.
  public func check(_ armored: [UInt8], admins: [AuthorizedKey]) throws(Rejection) {
    guard let signature = SSHSignature(armored: armored), signature.namespace == Self.purpose else {
      throw refusal("is not signed by an SSH key for \(Self.purpose.quoted)")
    }
    let line = admins.lazy.compactMap { key -> String? in
      guard case .ssh(let type, let blob, _) = key, blob == signature.publicKey else { return nil }
      return "admin namespaces=\"\(Self.purpose)\" \(type) \(Base64.string(blob))\n"
    }.first
    guard let line else { throw refusal("is signed by a key that is not in 'admins'") }
    switch signature.verify(Array(text.utf8)) {
    case .good: return
    case .bad: throw refusal("has a bad signature")
    case .unsupportedKeyType:
      let signers = try TemporaryFile(Array(line.utf8))
      let file = try TemporaryFile(armored)
      let answer = try ChildProcess.run(
        [
          "ssh-keygen", "-Y", "verify", "-f", signers.path, "-I", "admin", "-n", Self.purpose, "-s", file.path,
        ], environment: .inherited(), input: Array(text.utf8))
      guard answer.status == 0 else { throw refusal("has a bad signature") }
    }
  }

  private func refusal(_ what: String) -> Rejection {
    .policy("the challenge \(what)", hint: "'stargate.admins' in the Stargate's policy lists who may overwrite")
  }
}
