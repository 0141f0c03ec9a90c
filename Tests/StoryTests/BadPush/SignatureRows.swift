/// Signatures that are missing, someone else's, or over something else.
enum SignatureRows {
  static let all: [Row] = ledger + whole

  static let ledger = [
    Row.commits("unsigned", 3, says: "sign") { $0.ledger.signature = .none },
    Row.commits("only the index is signed", 3, says: "sign") {
      $0.index.signature = $0.ledger.signature
      $0.ledger.signature = .none
    },
    signed("signed by a stranger", Keys.stranger), signed("signed by a writer of another namespace", Keys.other),
    signed("signed by an admin who is no writer", Keys.admin),
    signed("signed in another signature namespace", Keys.writer, namespace: "file"),
    signed("signed in an empty-looking namespace", Keys.writer, namespace: "git "),
    Row.commits("a message changed after signing", 3, says: "sign") { $0.ledger.tamper = { [0x58] + $0 } },
    Row.commits("a trailer changed after signing", 3, says: "sign") { plan in
      plan.ledger.add("Approved-by", "nobody")
      plan.ledger.tamper = { Array(String(decoding: $0, as: UTF8.self).replacing("nobody", with: "boss").utf8) }
    },
    Row.commits("the signature of an older transaction", 3, says: "sign") { plan in
      let old = try plan.forge.repo.must("cat-file", "commit", "refs/base/kv/main")
      let lines = old.split(separator: "\n", omittingEmptySubsequences: false)
      guard let start = lines.firstIndex(where: { $0.hasPrefix("gpgsig") }) else { throw Broken("nothing is signed") }
      let rest = lines[(start + 1)...].prefix { $0.hasPrefix(" ") }.map { String($0.dropFirst()) }
      let first = String(lines[start].drop { $0 != " " }.dropFirst())
      plan.ledger.signature = .bytes(([first] + rest).joined(separator: "\n"))
    },
    armour("a signature of rubbish", "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----"),
    armour("a signature that is no base64", "-----BEGIN SSH SIGNATURE-----\n!!!!\n-----END SSH SIGNATURE-----"),
    armour("an empty signature", ""), armour("a signature without its end", "-----BEGIN SSH SIGNATURE-----\nU1NI"),
    armour("a PGP signature of rubbish", "-----BEGIN PGP SIGNATURE-----\n\niQ==\n=xxxx\n-----END PGP SIGNATURE-----"),
    Row.commits("the signature under the other format's header", 3, 8) {
      $0.ledger.signatureHeader = $0.forge.format == .sha1 ? "gpgsig-sha256" : "gpgsig"
    },
    Row.commits("two signatures", 3, 8) { plan in
      let name = plan.forge.format == .sha1 ? "gpgsig" : "gpgsig-sha256"
      plan.ledger.extraHeaders = ["\(name) -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----"]
    },
    Row.commits("a writer's key with a byte changed", 3, says: "sign") { plan in
      let good = try plan.forge.box.must(
        ["ssh-keygen", "-Y", "sign", "-q", "-n", "git", "-f", Keys.writer.path], input: Array("x".utf8))
      plan.ledger.signature = .bytes(good.replacing("A", with: "B", maxReplacements: 1))
    },
  ]

  /// Under `require_signed_commits: all`.
  static let whole = [
    Row.commits("all: the index is not signed", 3, says: "sign") { _ in }.under(allSigned).unseen,
    Row.commits("all: the index is signed by a stranger", 3, says: "sign") {
      $0.index.signature = .by(Keys.stranger, namespace: "git")
    }.under(allSigned).unseen,
    Row.commits("all: the ledger is not signed", 3, says: "sign") {
      $0.index.signature = $0.ledger.signature
      $0.ledger.signature = .none
    }.under(allSigned),
  ]

  static let allSigned = Template.policy("require_signed_commits: true", "require_signed_commits: all")

  private static func signed(
    _ name: String, _ key: @autoclosure @escaping @Sendable () -> SigningKey, namespace: String = "git"
  ) -> Row {
    Row.commits(name, 3, says: "sign") { $0.ledger.signature = .by(key(), namespace: namespace) }
  }

  private static func armour(_ name: String, _ text: String) -> Row {
    Row.commits(name, 3, says: "sign") { $0.ledger.signature = .bytes(text) }
  }
}
