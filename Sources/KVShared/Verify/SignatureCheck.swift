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
    let isWriter = writers.contains {
      if case .ssh(_, let blob, _) = $0 { blob == signature.publicKey } else { false }
    }
    guard isWriter else { throw refusal(commit, "is signed by a key that is not in '\(list)'") }
    guard try signature.covers(commit, git) else { throw refusal(commit, "has a bad signature") }
  }

  private func checkGPG(_ commit: Commit) throws(Rejection) {
    guard case .good(let made, let primary) = try GPGVerdict(commit, git) else {
      throw refusal(commit, "has no good GPG signature by a key this host knows")
    }
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

extension SSHSignature {
  /// Whether it is the signature of a commit. Other key types than Ed25519 go through `git verify-commit`, with an
  /// allowed-signers file of the one key.
  func covers(_ commit: Commit, _ git: Git) throws(Rejection) -> Bool {
    switch verify(commit.signedPayload) {
    case .good: return true
    case .bad: return false
    case .unsupportedKeyType:
      let line = "writer namespaces=\"git\" \(keyType) \(Base64.string(publicKey))\n"
      let signers = try TemporaryFile(Array(line.utf8))
      return try git.run(
        ["-c", "gpg.ssh.allowedSignersFile=\(signers.path)", "verify-commit", commit.id.hex]
      ).status == 0
    }
  }
}

/// What GPG says of the signature of a commit.
enum GPGVerdict {
  /// The fingerprints of the key that made it and of its primary key.
  case good(made: String, primary: String)
  case bad
  /// The key is not known here, or there is no GPG.
  case unknown

  /// Asks `git verify-commit`.
  init(_ commit: Commit, _ git: Git) throws(Rejection) {
    let answer = try git.run(["verify-commit", "--raw", commit.id.hex])
    let status = String(decoding: answer.errors, as: UTF8.self).split(separator: "\n").compactMap { line in
      line.hasPrefix("[GNUPG:] ") ? line.dropFirst(9).split(separator: " ") : nil
    }
    let valid = status.filter { $0.first == "VALIDSIG" }
    guard answer.status == 0, valid.count == 1, status.contains(where: { $0.first == "GOODSIG" }),
      let made = valid[0].dropFirst().first, let primary = valid[0].last
    else {
      self = status.contains { $0.first == "BADSIG" } ? .bad : .unknown
      return
    }
    self = .good(made: String(made), primary: String(primary))
  }
}
