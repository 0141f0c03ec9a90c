import Glibc
import KVShared

/// Signs commits as the user configured git to.
struct Signer: CommitAuthority {
  let identity: Identity
  let signs: NamespacePolicy.SignedCommits
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
    let hasKey = config["user.signingkey"] != nil
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
    case "ssh": armor = try signSSH(payload, key)
    case "openpgp", "x509":
      let program = config["gpg.\(format).program"] ?? config["gpg.program"] ?? (format == "x509" ? "gpgsm" : "gpg")
      armor = try ChildProcess.run([program, "--status-fd=2", "-bsau", key], environment: environment, input: payload)
    default: throw .usage("unknown gpg.format \(format.quoted)")
    }
    guard armor.status == 0, armor.output.starts(with: "-----BEGIN ".utf8) else {
      let said = armor.errors.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) }
      throw .io(
        "signing failed: \(said ?? "the program exited with \(armor.status)")",
        hint: "check user.signingKey and gpg.format")
    }
    return armor.output
  }

  private func signSSH(_ payload: [UInt8], _ key: String) throws(Rejection) -> ChildResult {
    let program = config["gpg.ssh.program"] ?? "ssh-keygen"
    let literal = key.hasPrefix("key::") ? String(key.dropFirst(5)) : key.hasPrefix("ssh-") ? key : nil
    guard let literal else {
      var path = key
      if key.hasPrefix("~/"), let home = environment["HOME"] { path = home + key.dropFirst() }
      return try ChildProcess.run(
        [program, "-Y", "sign", "-n", "git", "-f", path], environment: environment, input: payload)
    }
    // The key itself is in an agent; ssh-keygen wants its public half in a file.
    let path = "\(environment["TMPDIR"] ?? "/tmp")/kv-key-\(getpid())-\(UInt32.random(in: .min ... .max))"
    defer { unlink(path) }
    do {
      let file = try Descriptor(path: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      try IO.write(literal + "\n", to: file.raw, path)
    }
    return try ChildProcess.run(
      [program, "-Y", "sign", "-n", "git", "-U", "-f", path], environment: environment, input: payload)
  }
}
