import KVShared

/// Signs commits as the user configured git to.
struct Signer: CommitAuthority {
  let identity: Identity
  let signs: NamespacePolicy.SignedCommits
  /// Whether a key is configured.
  let hasKey: Bool
  private let config: GitConfig
  private let environment: Environment

  var author: String { identity.author }
  var committer: String { identity.committer }

  /// Decides what is signed: what the policy asks for; without a policy, whatever the user has a key for.
  /// Throws `.policy` where a signature is asked for and no key is configured.
  init(_ clone: Clone, _ rules: NamespacePolicy?) throws(Rejection) {
    identity = try Identity(clone)
    config = clone.config
    environment = clone.git.environment
    hasKey = config["user.signingkey"] != nil
    if let rules {
      signs =
        rules.requireSignedCommits == .none && config.bool("commit.gpgsign") == true
        ? .ledger : rules.requireSignedCommits
      guard signs == .none || hasKey else {
        throw .policy(
          "the policy wants signed commits, and no signing key is configured",
          hint: "git config gpg.format ssh; git config user.signingKey ~/.ssh/id_ed25519")
      }
    } else {
      signs = hasKey ? .ledger : .none
    }
  }

  func signature(of payload: [UInt8]) throws(Rejection) -> [UInt8] {
    let key = config["user.signingkey"] ?? ""
    let format = config["gpg.format"] ?? "openpgp"
    let armor: ChildResult
    switch format {
    case "ssh": return try SSHKey(config: config, environment: environment).sign(payload, for: "git")
    case "openpgp", "x509":
      let program = config["gpg.\(format).program"] ?? config["gpg.program"] ?? (format == "x509" ? "gpgsm" : "gpg")
      armor = try ChildProcess.run([program, "--status-fd=2", "-bsau", key], environment: environment, input: payload)
    default: throw .usage("unknown gpg.format \(format.quoted)")
    }
    return try armor.armored()
  }
}

/// The SSH key that the user configured git to sign with.
struct SSHKey {
  let config: GitConfig
  let environment: Environment

  /// Returns an armored signature. Throws `.io` with what `ssh-keygen` said.
  /// - Parameter purpose: the signature's namespace; git's own is `git`.
  func sign(_ payload: [UInt8], for purpose: String) throws(Rejection) -> [UInt8] {
    let key = config["user.signingkey"] ?? ""
    let sign = [config["gpg.ssh.program"] ?? "ssh-keygen", "-Y", "sign", "-n", purpose]
    let literal = key.hasPrefix("key::") ? String(key.dropFirst(5)) : key.hasPrefix("ssh-") ? key : nil
    guard let literal else {
      var path = key
      if key.hasPrefix("~/"), let home = environment["HOME"] { path = home + key.dropFirst() }
      return try ChildProcess.run(sign + ["-f", path], environment: environment, input: payload).armored()
    }
    // The key itself is in an agent; ssh-keygen wants its public half in a file.
    let file = try TemporaryFile(Array((literal + "\n").utf8))
    return try ChildProcess.run(sign + ["-U", "-f", file.path], environment: environment, input: payload).armored()
  }
}

extension SSHKey {
  /// Signs what a Stargate asks an admin to sign, and nothing else it may ask for.
  func sign(_ challenge: [UInt8]) throws(Rejection) -> [UInt8] {
    guard challenge.starts(with: AdminChallenge.firstLine.utf8) else {
      throw .io("the Stargate asked for the signature of something else than a challenge")
    }
    return try sign(challenge, for: AdminChallenge.purpose)
  }
}

extension ChildResult {
  /// The armored signature that a program printed.
  fileprivate func armored() throws(Rejection) -> [UInt8] {
    guard status == 0, output.starts(with: "-----BEGIN ".utf8) else {
      let said = errors.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) }
      throw .io(
        "signing failed: \(said ?? "the program exited with \(status)")", hint: "check user.signingKey and gpg.format")
    }
    return output
  }
}
