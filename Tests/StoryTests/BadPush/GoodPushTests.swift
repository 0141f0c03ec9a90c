import Testing

/// What must be accepted, so that the table of bad pushes cannot be passed by refusing everything.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct GoodPushTests {
  struct Good: Sendable, CustomTestStringConvertible {
    let name: String
    var policy: String?
    var ns = "main"
    var signed = Invariants.Signed.ledger
    var writers = [Keys.writer.line, Keys.second.line, Keys.ecdsa.line, Keys.rsa.line]
    let push: @Sendable (Stargate, Forge) throws -> Outcome
    var testDescription: String { name }
  }

  static func changes(
    _ name: String, policy: String? = nil, _ steps: (@Sendable (inout Store) -> Void)...
  ) -> Good {
    Good(name: name, policy: policy) { gate, forge in
      var last = Outcome()
      for step in steps {
        last = try forge.commit(gate.path, step)
        guard last.ok else { return last }
      }
      return last
    }
  }

  private static func signed(_ name: String, _ key: @autoclosure @escaping @Sendable () -> SigningKey) -> Good {
    Good(name: name) { gate, forge in
      forge.signer = key()
      return try forge.commit(gate.path, Row.setNew)
    }
  }

  /// A transaction with something unusual in its commits that the contract allows.
  static func commits(
    _ name: String, of change: @escaping @Sendable (inout Store) -> Void = Row.setNew,
    _ body: @escaping @Sendable (inout Plan) throws -> Void
  ) -> Good {
    Good(name: name) { gate, forge in
      var plan = forge.plan(change)
      plan.sealTrees()
      try body(&plan)
      try plan.sealCommits()
      return try forge.push(plan.push, to: gate.path)
    }
  }

  static let rows: [Good] = [
    changes("an etag of its bytes, at deep", policy: HostileRows.deep, HostileRows.abc),
    changes("a new key", Row.setNew), changes("a new value", Row.set("cfg:2", Value("other"))),
    changes("a deletion", { $0.entries["cfg:2"] = .some(nil) }),
    changes("a deletion undone", { $0.entries["cfg:gone"] = Value("back") }),
    changes("one after the other", Row.setNew, Row.set("cfg:2", Value("x")), Row.set("cfg:2", Value("y"))),
    changes("the 257th key of a folder", Row.set("near:new", Value("x"))),
    changes("a tombstone in a burst folder", { $0.entries["user:7"] = .some(nil) }),
    changes("keys of one, two and three bytes", { for k in ["z", "zz", "zzz"] { $0.entries[k] = Value(k) } }),
    changes("keys outside ASCII", { for k in ["ключ", "鍵", "🔑", "e\u{301}"] { $0.entries[k] = Value(k) } }),
    changes("a key of 1,024 bytes", Row.set(String(repeating: "k", count: 1024), Value("x"))),
    changes(
      "keys that look like our names",
      {
        for k in ["x.meta", "x.ref", "x.manifest.json", "..", "/", " ", "%41", "-"] { $0.entries[k] = Value(k) }
      }),
    changes("an empty value", Row.set("cfg:empty", Value(""))),
    changes("a value of bytes", Row.set("cfg:bytes", Value((0...255).map { UInt8($0) }))),
    changes("a value as large as allowed", Row.set("cfg:big", Value(String(repeating: "x", count: 4096)))),
    changes("a thousand keys at once", { for i in 0..<1000 { $0.entries["many:\(i)"] = Value("\(i)") } }),
    changes("only the ctype changes", { $0.entries["cfg:2"]??.ctype = "text/html" }),
    changes(
      "a ctype of every printable character",
      { store in
        store.entries["cfg:2"]??.ctype = String(decoding: (0x20...0x7e).map { UInt8($0) }, as: UTF8.self)
      }),
    changes("a BLAKE2b etag", { $0.entries["cfg:2"]??.etag = "blake2b:" + String(repeating: "0a", count: 64) }),
    changes("a creator outside ASCII", { $0.entries["cfg:2"]??.createdBy = "Zoë \"q\" \\ / <z@example.org>" }),
    changes("under allowed_prefixes", policy: PolicyRows.prefixes, Row.setNew),
    changes(
      "an old key outside allowed_prefixes deleted", policy: PolicyRows.prefixes,
      {
        $0.entries["a"] = .some(nil)
      }),
    changes(
      "a ttl as long as allowed", policy: PolicyRows.retention("ttl_max: 30d"),
      Row.set("cfg:new", Value("x", ttl: "2026-12-23T10:00:00Z"))),
    signed("signed by the second writer", Keys.second), signed("signed with ECDSA", Keys.ecdsa),
    signed("signed with RSA", Keys.rsa),
    commits("a body and the user's trailers") { plan in
      plan.ledger.body = "Why: because.\n\nKeys-Set: 7"
      plan.ledger.add("Approved-by", "Zoë")
      plan.ledger.add("approved-by", "someone: else")
    },
    commits("a signed index") { $0.index.signature = $0.ledger.signature },
    Good(name: "all three signed under 'all'", policy: SignatureRows.allSigned) { gate, forge in
      forge.signing = .all
      return try forge.commit(gate.path, Row.setNew)
    },
    Good(
      name: "unsigned where nobody has to sign",
      policy: Template.policy("require_signed_commits: true", "require_signed_commits: false"), signed: .none
    ) { gate, forge in
      forge.signing = .none
      return try forge.commit(gate.path, Row.setNew)
    },
    Good(name: "three transactions in one push") { gate, forge in
      var push = Push()
      for i in 0..<3 {
        var plan = forge.plan(Row.set("cfg:new\(i)", Value("\(i)")))
        try plan.seal()
        forge.adopt(plan)
        push = plan.push
      }
      return try forge.push(push, to: gate.path)
    },
    Good(name: "a branch in the same push") { gate, forge in
      var plan = forge.plan()
      try plan.seal()
      var push = plan.push
      push["refs/heads/topic"] = plan.ledgerID
      return try forge.push(push, to: gate.path)
    },
    Good(name: "the first transaction of a namespace", ns: "fresh") { gate, forge in
      try Forge(forge.repo, Forge.State(forge.state.objects), ns: "fresh").commit(gate.path, Row.setNew)
    },
    Good(name: "an empty first transaction, then a key", ns: "fresh") { gate, forge in
      let fresh = Forge(forge.repo, Forge.State(forge.state.objects), ns: "fresh")
      let first = try fresh.commit(gate.path, Row.nothing)
      return first.ok ? try fresh.commit(gate.path, Row.setNew) : first
    },
    Good(name: "the first two transactions of two namespaces in one push", ns: "fresh") { gate, forge in
      var plan = forge.plan()
      try plan.seal()
      var push = plan.push
      let fresh = Forge(forge.repo, forge.state.emptied, ns: "fresh")
      for i in 0..<2 {
        var plan = fresh.plan(Row.set("cfg:\(i)", Value("x")))
        try plan.seal()
        push.updates =
          plan.push.updates + push.updates.filter { !$0.ref.hasSuffix("/fresh") || $0.ref.contains("epoch") }
        fresh.adopt(plan)
      }
      return try fresh.push(push, to: gate.path)
    },
  ]

  private static let all = rows + chunked + epochs

  /// Each row in one of the formats, the other half in the other.
  @Test(arguments: Share.of(all, 0, of: 2)) func sha1(_ row: Good) throws { try isAccepted(row, .sha1) }
  @Test(arguments: Share.of(all, 1, of: 2)) func sha256(_ row: Good) throws { try isAccepted(row, .sha256) }

  private func isAccepted(_ row: Good, _ format: ObjectFormat) throws {
    let (gate, forge) = try Template.hooked[format]!.get().copy()
    if let policy = row.policy { try gate.setPolicy(policy) }
    let outcome = try row.push(gate, forge)
    if !outcome.ok { Issue.record("\(row.name): \(outcome.errors)\(outcome.text)") }
    try gate.repo.box.untilQuiet()
    let broken = try Invariants.broken(
      gate.repo, ns: row.ns, format: format, signed: row.signed == .none ? .none : .ledger, writers: row.writers,
      known: Template.known[format]!.get())
    #expect(broken == [], "\(row.name)")
    let stray = Files.tree(gate.path).filter {
      $0.contains("tmp_") || $0.contains("incoming-") || $0.hasSuffix(".lock")
    }
    #expect(stray.filter { !$0.hasPrefix(".stargate/") } == [], "\(row.name)")
  }

  /// A writer listed by fingerprint, where there is gpg.
  @Test func gpg() throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    let home = gate.repo.box.path("gnupg")
    try Files.makeFolder(home, mode: 0o700)
    let made = try? gate.repo.box.run(
      ["gpg", "--batch", "--passphrase", "", "--quick-gen-key", "Dev <dev@example.org>", "ed25519", "sign", "never"],
      env: ["GNUPGHOME": home])
    guard let made else { return }
    #expect(made.ok, "\(made.errors)")
    defer { _ = try? gate.repo.box.run(["gpgconf", "--kill", "gpg-agent"], env: ["GNUPGHOME": home]) }
    let listing = try gate.repo.box.must(["gpg", "--list-keys", "--with-colons"], env: ["GNUPGHOME": home])
    guard let line = listing.split(separator: "\n").first(where: { $0.hasPrefix("fpr:") }) else {
      throw Broken("gpg made no key")
    }
    let fingerprint = line.split(separator: ":").last!
    // The server verifies with the key ring of the user it runs as.
    func push(_ policy: String) throws -> Outcome {
      try gate.setPolicy(policy)
      var plan = forge.plan()
      plan.sealTrees()
      plan.ledger.signature = .gpg(home)
      try plan.sealCommits()
      try forge.state.objects.write(to: forge.repo)
      let specs = plan.push.updates.map { "\($0.id):\($0.ref)" }
      return try gate.repo.box.run(
        ["git", "push", "--porcelain", "--atomic", gate.path] + specs, in: forge.repo.path, env: ["GNUPGHOME": home])
    }
    let unlisted = try push(Template.policy)
    #expect(!unlisted.ok && Refusal(unlisted).codes == [3], "\(unlisted.errors)")
    let listed = try push(Template.policy("\"\(Keys.second.line) second\"", "\"gpg \(fingerprint)\""))
    #expect(listed.ok, "\(listed.errors)")
  }
}

extension Forge.State {
  /// The same objects and clock, and nothing in the namespace.
  var emptied: Forge.State {
    var state = Forge.State(objects)
    state.clock = clock
    return state
  }
}
