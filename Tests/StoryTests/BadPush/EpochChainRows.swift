/// What the commits of a change of epoch say of it, and of the epoch before.
extension EpochRows {
  /// The epoch chain and what its new link says.
  static let chain =
    [
      change("an epoch commit that begins a chain", 8, says: "does not follow", commits: { $0.epoch.parents = [] }),
      change(
        "an epoch commit that follows a ledger commit", 8, says: "does not follow",
        commits: { $0.epoch.parents = [$0.forge.tips!.ledger] }),
      change(
        "an epoch commit that merges", 8, says: "does not follow",
        commits: { $0.epoch.parents.append(try $0.forge.repo.must("rev-parse", "refs/base/kv-epoch/other")) }),
      change(
        "two links at once", 8, says: "does not follow",
        commits: { plan in
          var between = EpochPlan(plan.forge, "2026Q5")
          try between.seal()
          plan.epoch.parents = [between.epochID]
        }),
      change(
        "an epoch chain rewound by a link", 8, says: "does not follow", label: "2027Q3",
        commits: { $0.epoch.parents = [try $0.forge.repo.must("rev-parse", "refs/base/kv-epoch/main")] }
      ).after { gate, forge in try forge.begin("2027Q1", gate.path) },
      change(
        "an epoch tree with one more file", 8, says: "the one epoch.json",
        commits: { plan in
          var tree = Folder()
          tree.put("epoch.json", plan.forge.blob("{}\n"))
          tree.put("more", plan.forge.blob("more"))
          plan.epoch.tree = tree.write(&plan.forge.state.objects)
        }),
      change(
        "an epoch commit with another Epoch", 8, says: "another transaction", commits: { $0.epoch["Epoch"] = "2027Q2" }),
      change(
        "an epoch commit of another transaction", 8, says: "another transaction",
        commits: { $0.epoch["KV-Txn"] = $0.forge.nextTxn() }),
      change(
        "an epoch commit of another namespace", 8, says: "another transaction", commits: { $0.epoch["KV-NS"] = "other" }
      ),
      change(
        "a label that was there before", 3, says: "there has been an epoch '2026Q4'", label: "2026Q4"
      ).after { gate, forge in
        try forge.commit(gate.path) { store in
          store.entries["big:0"] = .some(nil)
          store.entries["big:1"] = .some(nil)
        }
        try forge.begin("2027Q1", gate.path)
      },
      change(
        "the label of the epoch that ends", 3, says: "there has been an epoch '2026Q4'", label: "2026Q4", ns: "other"),
      change("the label of the epoch that ends, with chunks", 3, says: "is there already", label: "2026Q4"),
    ]
    + [
      record("another label") { $0.with(["label": .string("2027Q2")]) },
      record("another parent") { $0.with(["parent": .string("2026Q3")]) },
      record("no parent") { $0.with(["parent": nil]) }, record("no sealed commits") { $0.with(["sealed": nil]) },
      record("another version") { $0.with(["v": .number("2")]) },
      record("one more field") { $0.with(["note": .string("x")]) },
      record("another first ledger commit") { $0.lying("root", "ledger", $0["sealed"]!["ledger"]) },
      record("another first index commit") { $0.lying("root", "index", $0["sealed"]!["index"]) },
      record("another first chunks commit") { $0.lying("root", "chunks", $0["sealed"]!["chunks"]) },
      record("no first chunks commit") { $0.lying("root", "chunks", nil) },
      record("another last ledger commit") { $0.lying("sealed", "ledger", $0["root"]!["ledger"]) },
      record("another last index commit") { $0.lying("sealed", "index", $0["root"]!["index"]) },
      record("another last chunks commit") { $0.lying("sealed", "chunks", $0["root"]!["chunks"]) },
      record("no last chunks commit") { $0.lying("sealed", "chunks", nil) },
    ]

  /// A change of epoch with another epoch.json.
  private static func record(_ name: String, _ lie: @escaping @Sendable (JSON) -> JSON) -> Row {
    change("epoch.json with \(name)", 8, says: "the one epoch.json", trees: { $0.record = lie })
  }
}

extension JSON {
  /// This object with a member of a member put in, changed or (nil) left out.
  fileprivate func lying(_ outer: String, _ inner: String, _ value: JSON?) -> JSON {
    with([outer: self[outer]!.with([inner: value])])
  }
}
