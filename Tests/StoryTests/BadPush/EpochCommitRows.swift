/// Commits of a change of epoch that do not say what it is, or are not an admin's.
extension EpochRows {
  private static let notFollowing = "does not follow epoch '2026Q4'"

  static let commits = [
    change(
      "a first ledger commit with the sealed head as its parent", 8, says: "is not the first of its own",
      commits: { $0.ledger.parents = [$0.forge.tips!.ledger] }),
    change(
      "a first ledger commit with a parent and no parent epoch", 8, says: "may have no parent",
      commits: { plan in
        plan.ledger.parents = [plan.forge.tips!.ledger]
        for name in ["Parent-Epoch", "Parent-Epoch-Ledger"] { plan.ledger.drop(name) }
      }),
    change(
      "a first index commit with a parent", 8, says: "may have no parent",
      commits: { plan in
        plan.index.parents = [plan.forge.tips!.index]
        plan.index.drop("Parent-Epoch-Index")
      }),
    change("another Parent-Epoch", 8, says: notFollowing, commits: { $0.ledger["Parent-Epoch"] = "2026Q3" }),
    change(
      "another Parent-Epoch-Ledger", 8, says: notFollowing,
      commits: { $0.ledger["Parent-Epoch-Ledger"] = try $0.forge.repo.must("rev-parse", "refs/base/kv/main~1") }),
    change("no Parent-Epoch", 8, says: "'Parent-Epoch' is missing", commits: { $0.ledger.drop("Parent-Epoch") }),
    change(
      "no Parent-Epoch-Ledger", 8, says: "'Parent-Epoch-Ledger' is missing",
      commits: { $0.ledger.drop("Parent-Epoch-Ledger") }),
    change(
      "no parent epoch at all", 8, says: notFollowing,
      commits: { plan in for name in ["Parent-Epoch", "Parent-Epoch-Ledger"] { plan.ledger.drop(name) } }),
    change(
      "a doubled Parent-Epoch-Ledger", 8, says: "is doubled", commits: { $0.ledger.double("Parent-Epoch-Ledger") }),
    change(
      "a parent epoch behind a trailer of the user", 8, says: "in its order",
      commits: { $0.ledger.trailers.insert(CommitPlan.Trailer(name: "Note", value: "x"), at: 8) }),
    change(
      "another Parent-Epoch-Index", 8, says: "Parent-Epoch-Index",
      commits: { $0.index["Parent-Epoch-Index"] = $0.forge.tips!.ledger }),
    change("no Parent-Epoch-Index", 8, says: "Parent-Epoch-Index", commits: { $0.index.drop("Parent-Epoch-Index") }),
    change(
      "another KV-Ledger-Tree", 8, says: "name other trees",
      commits: { $0.index["KV-Ledger-Tree"] = $0.forge.format.emptyTree }),
    change("a key set that is none", 8, says: "changes no key", commits: { $0.ledger["Keys-Set"] = "1" }),
    change("a key deleted that is none", 8, says: "changes no key", commits: { $0.ledger["Keys-Del"] = "1" }),
    change(
      "the KV-Txn of the sealed head", 8, says: "appears twice",
      trees: { $0.txn = $0.forge.tips!.txn }),
    change(
      "an index commit of another transaction", 8, says: "another transaction",
      commits: { $0.index["KV-Txn"] = $0.forge.nextTxn() }),
    change("a ledger commit of another namespace", 8, says: "KV-NS", commits: { $0.ledger["KV-NS"] = "other" }),
    change(
      "an index commit of another namespace", 8, says: "another transaction", commits: { $0.index["KV-NS"] = "other" }),
    change("a label that is none", 8, says: "'Epoch' is malformed", commits: { $0.ledger["Epoch"] = "2027/Q1" }),
  ]

  private static let noAdmins = Template.policy("  admins:\n    - \"\(Keys.admin.line) admin\"\n", "")

  static let signatures = [
    change(
      "a change of epoch by a writer", 3, says: "is signed by a key that is not in 'admins'",
      commits: { plan in
        plan.ledger.signature = .by(Keys.writer, namespace: "git")
        plan.epoch.signature = plan.ledger.signature
      }),
    change(
      "an epoch commit by a writer", 3, says: "is signed by a key that is not in 'admins'",
      commits: { $0.epoch.signature = .by(Keys.writer, namespace: "git") }),
    change("an unsigned first ledger commit", 3, says: "is not signed", commits: { $0.ledger.signature = .none }),
    change("an unsigned epoch commit", 3, says: "is not signed", commits: { $0.epoch.signature = .none }),
    change(
      "an admin's signature for something else", 3, says: "not 'git'",
      commits: { $0.ledger.signature = .by(Keys.admin, namespace: "git-kv-admin") }),
    change(
      "a message changed after it was signed", 3, says: "bad signature",
      commits: { $0.ledger.tamper = { $0 + Array("X: y\n".utf8) } }),
    change("a change of epoch where nobody is an admin", 3, says: "not in 'admins'").under(noAdmins),
    change(
      "an unsigned change of epoch where writers need not sign", 3, says: "is not signed",
      commits: { plan in (plan.ledger.signature, plan.epoch.signature) = (.none, .none) }
    ).under(Template.policy("require_signed_commits: true", "require_signed_commits: false")),
    change("all: the first index commit is not signed", 3, says: "is not signed").under(SignatureRows.allSigned),
    change(
      "all: the first chunks commit is a writer's", 3, says: "not in 'admins'",
      commits: { plan in
        plan.index.signature = plan.ledger.signature
        plan.chunks?.signature = .by(Keys.writer, namespace: "git")
      }
    ).under(SignatureRows.allSigned),
  ]
}
