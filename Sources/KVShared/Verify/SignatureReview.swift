import Crypto

/// What somebody who reads a commit later sees of its signature.
public struct SignatureReview: Sendable {
  public enum Status: String, Encodable, Sendable {
    /// Good, by a key that the policy here names as a writer's or an admin's.
    case good
    /// Good, by a key that the policy here does not name.
    case untrusted
    case bad
    case unsigned
    /// There is no policy for the namespace here, or this kind of signature cannot be checked here.
    case unchecked
  }

  public struct Finding: Encodable, Sendable {
    public let status: Status
    /// The key's comment in the policy, else its fingerprint; nil where none can be told.
    public let key: String?

    init(_ status: Status, key: String? = nil) {
      self.status = status
      self.key = key
    }
  }

  /// nil where nobody says whose keys count.
  private let keys: [AuthorizedKey]?
  private let git: Git

  /// - Parameter policy: as it is here, which need not be the one that a commit was judged by.
  public init(_ policy: Policy?, _ namespace: Namespace, git: Git) {
    keys = policy.flatMap { policy in policy.namespaces[namespace].map { $0.writers + policy.stargate.admins } }
    self.git = git
  }

  public func review(_ commit: Commit) throws(Rejection) -> Finding {
    guard let armored = commit.signature else { return Finding(.unsigned) }
    if armored.starts(with: "-----BEGIN SSH SIGNATURE-----".utf8) { return try reviewSSH(commit, armored) }
    if armored.starts(with: "-----BEGIN PGP ".utf8) { return try reviewGPG(commit) }
    return Finding(.unchecked)
  }

  private func reviewSSH(_ commit: Commit, _ armored: [UInt8]) throws(Rejection) -> Finding {
    guard let signature = SSHSignature(armored: armored) else { return Finding(.bad) }
    let comment = keys?.lazy.compactMap { key -> String? in
      if case .ssh(_, signature.publicKey, let comment) = key { comment } else { nil }
    }.first
    let name = comment.flatMap { $0.isEmpty ? nil : $0 } ?? signature.fingerprint
    guard signature.namespace == "git", try signature.covers(commit, git) else { return Finding(.bad, key: name) }
    return Finding(status(isKnown: comment != nil), key: name)
  }

  private func reviewGPG(_ commit: Commit) throws(Rejection) -> Finding {
    switch try GPGVerdict(commit, git) {
    case .bad: return Finding(.bad)
    case .unknown: return Finding(.unchecked)
    case .good(let made, let primary):
      let isKnown = keys?.contains { $0 == .gpg(fingerprint: made) || $0 == .gpg(fingerprint: primary) } ?? false
      return Finding(status(isKnown: isKnown), key: primary)
    }
  }

  private func status(isKnown: Bool) -> Status { keys == nil ? .unchecked : isKnown ? .good : .untrusted }
}

extension SSHSignature {
  /// The fingerprint of the key, as `ssh-keygen -l` prints it.
  fileprivate var fingerprint: String {
    let digest = Base64.string(Array(SHA256.hash(data: publicKey)))
    return "SHA256:" + digest.prefix { $0 != "=" }
  }
}
