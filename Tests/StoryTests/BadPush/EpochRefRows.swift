/// Changes of epoch of which not all refs move, or others do; and what may not move once an epoch is sealed.
extension EpochRows {
  private static let together = "but moves no"

  static let refs = [
    change("no archive", 3, says: "would not move forward", push: { $0[$1.archiveRef] = nil }),
    change(
      "an archive of an older commit", 8, says: "but what ends is",
      push: { $0[$1.archiveRef] = try $1.forge.repo.must("rev-parse", "refs/base/kv/main~1") }),
    change(
      "an archive of the new epoch's first commit", 8, says: "but what ends is",
      push: { $0[$1.archiveRef] = $1.ledgerID }),
    change("an archive of the index", 8, says: "but what ends is", push: { $0[$1.archiveRef] = $1.forge.tips!.index }),
    change(
      "an archive of another label", 8, says: "but what ends is",
      push: { push, plan in
        push[plan.archiveRef] = nil
        push["refs/kv-archive/main@2026Q3"] = plan.head
      }),
    change(
      "an archive of the new label", 8, says: "but what ends is",
      push: { push, plan in
        push[plan.archiveRef] = nil
        push["refs/kv-archive/main@2027Q1"] = plan.head
      }),
    change(
      "an archive of another namespace", 3, says: "would not move forward",
      push: { push, plan in
        push[plan.archiveRef] = nil
        push["refs/kv-archive/other@2026Q4"] = plan.head
      }),
    change("a second archive", 8, says: "seals two epochs", push: { $0["refs/kv-archive/main@2026Q3"] = $1.head }),
    change(
      "chunks of two epochs", 8, says: "chunks of two epochs",
      push: { push, plan in
        push["refs/kv-chunks/main@2026Q4"] = plan.chunksID!
        push.forceAll()
      }),
    change("a change of epoch without its ledger", 8, says: "without the ledger", push: { $0[$1.ledgerRef] = nil }),
    change("a change of epoch without its index", 8, says: "without the index", push: { $0[$1.indexRef] = nil }),
    change("a change of epoch without its epoch", 8, says: "\(together) epoch ref", push: { $0[$1.epochRef] = nil }),
    change(
      "an archive and an epoch alone", 8, says: "neither ledger nor index",
      push: { push, plan in for ref in [plan.ledgerRef, plan.indexRef, plan.chunksRef] { push[ref] = nil } }),
    change(
      "an archive alone", 8, says: "neither ledger nor index",
      push: { push, plan in push.updates.removeAll { $0.ref != plan.archiveRef } }),
    change(
      "an epoch alone", 8, says: "neither ledger nor index",
      push: { push, plan in push.updates.removeAll { $0.ref != plan.epochRef } }),
    change(
      "a first commit as an ordinary push", 3, says: "would not move forward",
      push: { push, plan in for ref in [plan.archiveRef, plan.epochRef] { push[ref] = nil } }),
    change(
      "a first commit of another namespace", 8, says: "names a parent epoch",
      push: { push, plan in
        let fresh = Forge(plan.forge.repo, plan.forge.state.emptied, ns: "fresh")
        var first = fresh.plan()
        first.sealTrees()
        first.ledger.add("Parent-Epoch", plan.old)
        first.ledger.add("Parent-Epoch-Ledger", plan.head)
        try first.sealCommits()
        plan.forge.state.objects = fresh.state.objects
        push = first.push
      }),
    change(
      "a change of epoch and a key set after it", 8, says: "may have no parent",
      push: { push, plan in try addSet(to: plan, &push) }),
    change(
      "a change of epoch and a key set before it", 8, says: "but what ends is",
      push: { push, plan in
        var set = plan.forge.plan()
        try set.seal()
        plan.forge.adopt(set)
        var late = EpochPlan(plan.forge)
        try late.seal()
        push = late.push
      }),
    change(
      "two changes of epoch in one push", 8, says: "seals two epochs",
      push: { push, plan in
        plan.forge.adopt(plan)
        var second = EpochPlan(plan.forge, "2027Q2")
        try second.seal()
        push.append(second.push)
        push["refs/kv-chunks/main@2027Q1"] = nil
        push.forceAll()
      }),
  ]

  /// Lets ledger and index end with one more transaction of the new epoch.
  private static func addSet(to plan: EpochPlan, _ push: inout Push) throws {
    plan.forge.adopt(plan)
    var set = plan.forge.plan()
    try set.seal()
    (push[set.ledgerRef], push[set.indexRef]) = (set.ledgerID, set.indexID)
  }

  /// What may not move once the epoch is sealed.
  static let afterwards = [
    sealed("an archive moved forward", 3, says: "is sealed and never moves") { forge, old in
      var plan = old.plan()
      try plan.seal()
      forge.state.objects = old.state.objects
      var push = Push()
      push["refs/kv-archive/main@2026Q4"] = plan.ledgerID
      return push
    },
    sealed("an archive moved back", 3, says: "is sealed and never moves") { forge, _ in
      var push = Push()
      push["refs/kv-archive/main@2026Q4"] = try forge.repo.must("rev-parse", "refs/base/kv/main~1")
      return push
    },
    sealed("an archive deleted", 3, says: "may not be deleted") { _, _ in
      var push = Push()
      push["refs/kv-archive/main@2026Q4"] = ""
      return push
    },
    sealed("a transaction on the sealed epoch", 3, says: "would not move forward") { forge, old in
      var plan = old.plan()
      try plan.seal()
      forge.state.objects = old.state.objects
      return plan.push
    },
    sealed("a transaction of the sealed epoch on the new one", 8, says: "is not the current one, '2027Q1'") {
      forge, _ in
      var plan = forge.plan()
      plan.sealTrees()
      plan.ledger["Epoch"] = "2026Q4"
      try plan.sealCommits()
      return plan.push
    },
    sealed("chunks of the sealed epoch", 8, says: "is not of the transaction's epoch") { forge, old in
      var plan = forge.plan(ManifestRows.setBig)
      try plan.seal()
      var push = plan.push
      push[plan.chunksRef] = nil
      push["refs/kv-chunks/main@2026Q4"] = plan.chunksID
      return push
    },
    sealed("the sealed epoch put back", 3, says: "would not move forward") { _, old in
      var push = Push()
      (push["refs/kv/main"], push["refs/kv-index/main"]) = (old.tips!.ledger, old.tips!.index)
      return push
    },
    sealed("the sealed epoch put back, and its archive", 3, says: "is sealed and never moves") { _, old in
      var push = Push()
      (push["refs/kv/main"], push["refs/kv-index/main"]) = (old.tips!.ledger, old.tips!.index)
      push["refs/kv-archive/main@2026Q4"] = old.tips!.ledger + "~1"
      return push
    },
    sealed("the epoch chain rewound", 8, says: "neither ledger nor index") { _, old in
      var push = Push()
      push["refs/kv-epoch/main"] = old.tips!.epoch
      return push
    },
    sealed("the same change of epoch once more", 8, says: "but what ends is") { forge, old in
      var again = EpochPlan(old, "2027Q2")
      try again.seal()
      forge.state.objects = old.state.objects
      var push = again.push
      push["refs/kv-archive/main@2026Q4"] = nil
      push["refs/kv-archive/main@2027Q1"] = old.tips!.ledger
      return push
    },
  ]

  /// A push to a store whose first epoch was sealed.
  /// - Parameter make: gets the forge as it is, and as it was before.
  private static func sealed(
    _ name: String, _ code: Int, says: String,
    _ make: @escaping @Sendable (Forge, Forge) throws -> Push
  ) -> Row {
    Row.free(name, code, says: says) { forge in
      let old = Forge(forge.repo, try Template.hooked[forge.format]!.get().state)
      old.state.objects = forge.state.objects
      old.state.clock = forge.state.clock
      var push = try make(forge, old)
      push.forceAll()
      return push
    }.after { gate, forge in try forge.begin("2027Q1", gate.path) }.unseen
  }
}
