import Testing

/// What `git update-ref` must not do in a Stargate.
extension LocalGuardTests {
  struct ByHand: Sendable, CustomTestStringConvertible {
    let name: String
    let code: Int
    var change: @Sendable (inout Store) -> Void = Row.setNew
    let lines: @Sendable (Plan, Stargate) throws -> String
    var testDescription: String { name }
  }

  static let refused: [ByHand] = [
    ByHand(name: "the ledger alone", code: 8) { plan, _ in "update refs/kv/main \(plan.ledgerID)\n" },
    ByHand(name: "the index alone", code: 8) { plan, _ in "update refs/kv-index/main \(plan.indexID)\n" },
    ByHand(name: "the ledger deleted", code: 3) { _, _ in "delete refs/kv/main\n" },
    ByHand(name: "the index deleted", code: 3) { _, _ in "delete refs/kv-index/main\n" },
    ByHand(name: "the epoch deleted", code: 3) { _, _ in "delete refs/kv-epoch/main\n" },
    ByHand(name: "all deleted", code: 3) { _, _ in
      "delete refs/kv/main\ndelete refs/kv-index/main\ndelete refs/kv-epoch/main\n"
    },
    ByHand(name: "both rewound", code: 3) { _, gate in
      let old = try ["kv", "kv-index"].map { try gate.repo.must("rev-parse", "refs/\($0)/main~1") }
      return "update refs/kv/main \(old[0])\nupdate refs/kv-index/main \(old[1])\n"
    },
    ByHand(name: "the ledger forward and the index back", code: 8) { plan, gate in
      "update refs/kv/main \(plan.ledgerID)\nupdate refs/kv-index/main \(try gate.repo.must("rev-parse", "refs/kv-index/main~1"))\n"
    },
    ByHand(name: "the wrong way round", code: 8) { plan, _ in
      "update refs/kv/main \(plan.indexID)\nupdate refs/kv-index/main \(plan.ledgerID)\n"
    },
    ByHand(name: "another namespace's commits", code: 8) { _, gate in
      let ids = try ["kv", "kv-index"].map { try gate.repo.must("rev-parse", "refs/\($0)/other") }
      return "update refs/kv/main \(ids[0])\nupdate refs/kv-index/main \(ids[1])\n"
    },
    chunked("ledger and index without their chunks", 8) { plan, _ in pair(plan) },
    chunked("the chunks alone", 8) { plan, _ in chunks(plan.chunksID!) },
    chunked("the chunks and the ledger", 8) { plan, _ in
      chunks(plan.chunksID!) + "update refs/kv/main \(plan.ledgerID)\n"
    },
    chunked("the chunks under another epoch", 8) { plan, _ in
      pair(plan) + "create refs/kv-chunks/main@2027Q1 \(plan.chunksID!)\n"
    },
    chunked("another commit for the chunks", 8) { plan, _ in pair(plan) + chunks(plan.ledgerID) },
    chunked("all forward and the chunks back", 8) { plan, gate in
      pair(plan) + chunks(try gate.repo.must("rev-parse", "refs/kv-chunks/main@2026Q4~1"))
    },
    chunked("all three back to an older transaction", 3) { _, gate in
      try ["kv/main~2", "kv-index/main~2", "kv-chunks/main@2026Q4~1"].map { name in
        "update refs/\(name.dropLast(2)) \(try gate.repo.must("rev-parse", "refs/\(name)"))\n"
      }.joined()
    },
    chunked("the chunks deleted", 3) { _, _ in "delete refs/kv-chunks/main@2026Q4\n" },
    chunked("all forward and the chunks deleted", 3) { plan, _ in
      pair(plan) + "delete refs/kv-chunks/main@2026Q4\n"
    },
  ]

  private static func chunked(
    _ name: String, _ code: Int, _ lines: @escaping @Sendable (Plan, Stargate) throws -> String
  ) -> ByHand { ByHand(name: name, code: code, change: ManifestRows.setBig, lines: lines) }

  static func pair(_ plan: Plan) -> String {
    "update refs/kv/main \(plan.ledgerID)\nupdate refs/kv-index/main \(plan.indexID)\n"
  }

  static func chunks(_ id: String) -> String { "update refs/kv-chunks/main@2026Q4 \(id)\n" }
}
