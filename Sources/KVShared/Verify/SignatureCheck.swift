import Glibc

/// V5: a commit is signed by a key that the policy lists, with a good signature in the namespace `git`.
struct SignatureCheck {
  let writers: [AuthorizedKey]
  /// What the policy calls the list.
  var list = "writers"
  let git: Git

  /// Throws `.policy` that says what is wrong with the signature.
  func check(_ commit: Commit) throws(Rejection) {
    guard let armored = commit.signature else {
      throw refusal(
        commit, "is not signed", "set gpg.format and user.signingKey to a key that the policy lists in '\(list)'")
    }
    if armored.starts(with: "-----BEGIN SSH SIGNATURE-----".utf8) {
      try checkSSH(commit, armored)
    } else if armored.starts(with: "-----BEGIN PGP ".utf8) {
      try checkGPG(commit)
    } else {
      throw refusal(commit, "has a signature that is neither SSH nor GPG")
    }
  }

  private func checkSSH(_ commit: Commit, _ armored: [UInt8]) throws(Rejection) {
    guard let signature = SSHSignature(armored: armored) else { throw refusal(commit, "has a malformed SSH signature") }
    guard signature.namespace == "git" else {
      throw refusal(commit, "is signed in the namespace \(signature.namespace.quoted), not 'git'")
    }
    let line = writers.lazy.compactMap { key -> String? in
      guard case .ssh(let type, let blob, _) = key, blob == signature.publicKey else { return nil }
      return "writer namespaces=\"git\" \(type) \(Base64.string(blob))\n"
    }.first
    guard let line else { throw refusal(commit, "is signed by a key that is not in '\(list)'") }
    switch signature.verify(commit.signedPayload) {
    case .good: return
    case .bad: throw refusal(commit, "has a bad signature")
    case .unsupportedKeyType: try checkByGit(commit, allowedSigner: line)
    }
  }

  /// Other key types than ed25519 go through `git verify-commit`, with an allowed-signers file of the one writer.
  private func checkByGit(_ commit: Commit, allowedSigner: String) throws(Rejection) {
    let signers = try TemporaryFile(Array(allowedSigner.utf8))
    let answer = try git.run(["-c", "gpg.ssh.allowedSignersFile=\(signers.path)", "verify-commit", commit.id.hex])
    guard answer.status == 0 else { throw refusal(commit, "has a bad signature") }
  }

  private func checkGPG(_ commit: Commit) throws(Rejection) {
    let answer = try git.run(["verify-commit", "--raw", commit.id.hex])
    let status = String(decoding: answer.errors, as: UTF8.self).split(separator: "\n").compactMap { line in
      line.hasPrefix("[GNUPG:] ") ? line.dropFirst(9).split(separator: " ") : nil
    }
    let valid = status.filter { $0.first == "VALIDSIG" }
    guard answer.status == 0, valid.count == 1, status.contains(where: { $0.first == "GOODSIG" }),
      let made = valid[0].dropFirst().first, let primary = valid[0].last
    else { throw refusal(commit, "has no good GPG signature by a key this host knows") }
    let isWriter = writers.contains {
      if case .gpg(let fingerprint) = $0 { fingerprint == made || fingerprint == primary } else { false }
    }
    guard isWriter else { throw refusal(commit, "is signed by a GPG key that is not in '\(list)'") }
  }

  private func refusal(
    _ commit: Commit, _ what: String, _ hint: String? = nil
  ) -> Rejection {
    .policy("commit \(commit.id) \(what)", hint: hint ?? "sign with a key that the policy lists in '\(list)'")
  }
}
