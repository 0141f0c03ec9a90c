import Testing

/// Changes of epoch that must be accepted.
extension GoodPushTests {
  static let epochs: [Good] = [
    Good(name: "a new epoch, and transactions in it") { gate, forge in
      var last = try forge.begin("2027Q1", gate.path)
      for change in [Row.setNew, ManifestRows.setBig, { $0.entries["cfg:2"] = .some(nil) }] where last.ok {
        last = try forge.commit(gate.path, change)
      }
      return last
    },
    Good(name: "a third epoch, after values in chunks have come and gone") { gate, forge in
      var last = try forge.commit(gate.path) { $0.entries["big:1"] = .some(nil) }
      if last.ok { last = try forge.begin("2027Q1", gate.path) }
      if last.ok { last = try forge.commit(gate.path, { $0.entries["big:0"] = .some(nil) }) }
      if last.ok { last = try forge.begin("2027Q2", gate.path) }
      // The first chunks of an epoch that began without any.
      return last.ok ? try forge.commit(gate.path, ManifestRows.setBig) : last
    },
    Good(name: "an epoch that a tombstone fewer folds up again") { gate, forge in
      try forge.commit(gate.path, Row.set("near:256", Value("bursts")))
      try forge.commit(gate.path) { $0.entries["near:256"] = .some(nil) }
      return try forge.begin("2027Q1", gate.path)
    },
    Good(name: "an epoch of nothing") { gate, forge in
      try forge.commit(gate.path) { store in for key in store.live.keys { store.entries[key] = .some(nil) } }
      return try forge.begin("2027Q1", gate.path)
    },
    Good(name: "a new epoch with a message and trailers of the admin's") { gate, forge in
      try forge.begin("2027Q1", gate.path) { plan in
        plan.ledger.body = "A new quarter."
        plan.ledger.add("Approved-by", "Zoë")
      }
    },
    Good(name: "a new epoch beside a transaction of another namespace") { gate, forge in
      let other = Forge(forge.repo, try Template.hooked[gate.format]!.get().other, ns: "other", signer: Keys.other)
      other.state.objects = forge.state.objects
      var set = other.plan()
      try set.seal()
      forge.state.objects = other.state.objects
      var plan = EpochPlan(forge)
      try plan.seal()
      var push = plan.push
      push.append(set.push)
      return try forge.push(push, to: gate.path)
    },
    Good(name: "a new epoch signed throughout under 'all'", policy: SignatureRows.allSigned) { gate, forge in
      forge.signing = .all
      return try forge.begin("2027Q1", gate.path)
    },
    Good(
      name: "a new epoch where writers need not sign",
      policy: Template.policy("require_signed_commits: true", "require_signed_commits: false")
    ) { gate, forge in try forge.begin("2027Q1", gate.path) },
  ]
}
