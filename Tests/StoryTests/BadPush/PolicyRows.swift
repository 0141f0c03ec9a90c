/// What is well-formed and not allowed, and policies that cannot be read.
enum PolicyRows {
  static let all: [Row] = (limits + refs + files + leader).map(\.unseen)

  static let limits = [
    Row.trees("a key outside allowed_prefixes", 3, says: "secret:x", of: Row.set("secret:x", Value("x"))) { _ in
    }
    .under(prefixes),
    Row.trees("a key that almost has a prefix", 3, says: "cfg", of: Row.set("cfgx", Value("x"))) { _ in }
      .under(prefixes),
    Row.trees("a value one byte too large", 3, says: "cfg:big", of: Row.set("cfg:big", Value(text(4097)))) {
      _ in
    },
    Row.trees(
      "an LFS pointer", 3, says: "cfg:lfs",
      of: lfs
    ) { _ in },
    Row.trees("an LFS attribute", 3, 8, says: "attributes") {
      $0.ledgerTree.put("kv/main/.gitattributes", $0.forge.blob("*.bin filter=lfs diff=lfs merge=lfs -text\n"))
    },
    Row.trees("an LFS attribute at the top", 3, 8, says: "attributes") {
      $0.ledgerTree.put(".gitattributes", $0.forge.blob("* filter=lfs\n"))
    },
    Row.trees("no ttl where there has to be one", 3, says: "ttl") { _ in }.under(retention("ttl_default: 30d")),
    Row.trees("a ttl beyond ttl_max", 3, says: "ttl", of: ttl("2026-12-23T10:00:01Z")) { _ in }
      .under(retention("ttl_max: 30d")),
  ]

  static let refs =
    ["kv-mirror/main", "kv-watchlog/main@2026Q4"].map { name in
      Row.free("a push to refs/\(name)", 3, says: name) { forge in
        var push = Push()
        push["refs/\(name)"] = forge.tips!.ledger
        return push
      }
    }
    + [
      "kv/Main", "kv/a.b", "kv/main/x", "kv-other/main", "kv-index/-x", "kv-epoch/x@y", "kv-chunks/main",
      "kv-chunks/main@-x", "kv-chunks/main@2026Q4/x", "kv-chunks/main@2026Q4@x",
    ].map { name in
      Row.free("a push to refs/\(name)", 3, says: name) { forge in
        var push = Push()
        push["refs/\(name)"] = forge.tips!.ledger
        return push
      }
    } + [
      Row.free("an unknown namespace", 3, says: "nobody") { forge in
        let unknown = Forge(forge.repo, Forge.State(forge.state.objects), ns: "nobody")
        var plan = unknown.plan()
        try plan.seal()
        forge.state.objects = unknown.state.objects
        return plan.push
      },
      Row.pushed("a good transaction with a server's ref", 3, says: "kv-mirror") { push, plan in
        push["refs/kv-mirror/main"] = plan.ledgerID
      },
      Row.free("a branch where branches are rejected", 3, says: "refs/heads/x", branch)
        .under(Template.policy("branches: local", "branches: reject")),
      Row.free("a branch to relay, and no mirror", 3, says: "refs/heads/x", branch)
        .under(Template.policy("branches: local", "branches: relay")),
      Row.pushed("a good transaction with a rejected branch", 3, says: "refs/heads/x") { push, plan in
        push["refs/heads/x"] = plan.ledgerID
      }.under(Template.policy("branches: local", "branches: reject")),
    ]

  /// The line of the policy that is wrong, and the words the refusal must hold.
  private static let mistakes: [(String, String, String, String)] = [
    ("an unknown key", "ledger_mode: linear", "ledger_mod: linear", "8"),
    ("an unknown top key", "version: 1", "version: 1\nversions: 2", "2"),
    ("another version", "version: 1", "version: 2", "1"), ("no version", "version: 1\n", "", ""),
    ("a bad size", "4KiB", "4KB", "10"), ("a negative size", "4KiB", "-1", "10"),
    ("a size too large to count", "4KiB", "99999999999999GiB", "10"),
    ("a list for a text", "ledger_mode: linear", "ledger_mode: [linear]", "8"),
    ("a text for a list", "forbidden: [{ lfs: true }]", "forbidden: lfs", ""),
    ("an unknown mode", "ledger_mode: linear", "ledger_mode: merge", "8"),
    ("an unknown level", "ledger_mode: linear", "verify: most", "8"),
    ("no boolean", "require_signed_commits: true", "require_signed_commits: yes please", "9"),
    ("a key twice", "ledger_mode: linear", "ledger_mode: linear\n    ledger_mode: linear", "9"),
    ("a namespace with a bad name", "  fresh:", "  Fresh:", ""),
    ("a bad duration", "forbidden: [{ lfs: true }]", "retention: { ttl_default: 1y }", ""),
    ("a writer that is no key", "\"\(Keys.second.line) second\"", "\"second@test\"", ""),
    ("a tab", "    ledger_mode: linear", "\tledger_mode: linear", "8"),
    ("an anchor without end", "ledger_mode: linear", "ledger_mode: *none", "8"),
    ("a quote without end", "version: 1", "version: \"1", ""),
  ]

  static let files =
    mistakes.map { name, right, wrong, line in
      Row.pushed("a policy with \(name)", 3, says: line.isEmpty ? "policy" : "policy.yaml:\(line)") { _, _ in }
        .under(Template.policy(right, wrong))
    } + [
      Row.pushed("no policy", 3, says: "policy.yaml") { _, _ in }.after { gate, _ in Files.remove(gate.policyFile) },
      Row.pushed("a policy that is a folder", 3, says: "policy.yaml") { _, _ in }.after { gate, _ in
        Files.remove(gate.policyFile)
        try Files.makeFolder(gate.policyFile)
      },
      Row.pushed("an empty policy", 3, says: "policy.yaml") { _, _ in }.after { gate, _ in try gate.setPolicy("") },
      Row.pushed("a policy of bytes", 3, says: "policy.yaml") { _, _ in }.after { gate, _ in
        try Files.write(gate.policyFile, (0...255).map { UInt8($0) })
      },
      Row.pushed("two policies in one file", 3, says: "policy.yaml") { _, _ in }.after { gate, _ in
        try gate.setPolicy(Template.policy + "---\n" + Template.policy)
      },
    ]

  static let leader = [
    Row.pushed("another host is the leader", 9, says: "leader") { _, _ in }.after { gate, _ in
      try gate.setLeader("elsewhere.example.org")
    },
    Row.pushed("nobody is the leader", 9, says: "leader") { _, _ in }.after { gate, _ in Files.remove(gate.leaderFile)
    },
    Row.pushed("a leader file that is no JSON", 9, says: "leader") { _, _ in }.after { gate, _ in
      try Files.write(gate.leaderFile, "me\n")
    },
    Row.pushed("an empty leader file", 9, says: "leader") { _, _ in }.after { gate, _ in
      try Files.write(gate.leaderFile, "")
    },
  ]

  static let prefixes = Template.policy("forbidden:", "allowed_prefixes: [\"cfg:\", \"user:\"]\n    forbidden:")

  static func retention(_ what: String) -> String {
    Template.policy("forbidden:", "retention: { \(what) }\n    forbidden:")
  }

  @Sendable private static func branch(_ forge: Forge) throws -> Push {
    var push = Push()
    push["refs/heads/x"] = forge.tips!.ledger
    return push
  }

  private static func ttl(_ instant: String) -> @Sendable (inout Store) -> Void {
    { $0.entries["cfg:new"] = Value("new", ttl: instant) }
  }

  @Sendable private static func lfs(_ store: inout Store) {
    let oid = "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    store.entries["cfg:lfs"] = Value("version https://git-lfs.github.com/spec/v1\n\(oid)\nsize 12345\n")
  }

  private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }
}
