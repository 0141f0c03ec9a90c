import Testing

/// Values in chunks that must be accepted.
extension GoodPushTests {
  private static let big = Value(noise: 4500)
  private static let old = Value(noise: 4500, seed: 100)

  static let chunked: [Good] = values + shared + cuts + several + levels

  private static let values: [Good] = [
    Good(name: "the first value in chunks", ns: "other", writers: [Keys.other.line]) { gate, forge in
      let other = Forge(
        forge.repo, try Template.hooked[gate.format]!.get().other, ns: "other", signer: Keys.other)
      return try other.commit(gate.path, Row.set("big:new", big))
    },
    changes("a second value in chunks", Row.set("big:new", big)),
    changes("a value in chunks replaced by another", Row.set("big:0", big)),
    changes(
      "inline, in chunks, inline, deleted, in chunks again", Row.set("cfg:2", big), Row.set("cfg:2", Value("small")),
      { $0.entries["cfg:2"] = .some(nil) }, Row.set("cfg:2", big), { $0.entries["cfg:2"] = .some(nil) }),
    changes("one that is in chunks deleted", { $0.entries["big:0"] = .some(nil) }),
    changes(
      "several keys of both kinds",
      { store in
        for i in 0..<4 {
          store.entries["big:new\(i)"] = Value(noise: 3000 + 500 * i, seed: UInt64(i))
          store.entries["cfg:new\(i)"] = Value("small \(i)")
        }
        store.entries["big:0"] = .some(nil)
        store.entries["big:1"] = Value("small now")
        store.entries["cfg:3"] = Value(noise: 5000, seed: 9)
      }),
    changes(
      "only the ctype of a value in chunks changes", { $0.entries["big:0"]??.ctype = "application/octet-stream" }),
    changes(
      "a value in chunks with a ttl",
      { store in
        store.entries["big:new"] = big
        store.entries["big:new"]??.ttl = "2027-01-01T00:00:00Z"
      }),
    changes("a BLAKE2b etag of a value in chunks", Row.set("big:new", big.proven)),
    changes(
      "in chunks under keys of every kind",
      { store in
        for (i, key) in ["ключ", "🔑", "a\"b\\c/d", "..", "x.manifest.json", " ", String(repeating: "k", count: 1024)]
          .enumerated()
        {
          store.entries[key] = Value(noise: 2000, seed: UInt64(i))
        }
      }),
    changes("a value as large as max_value_total", policy: ManifestRows.total(4500), Row.set("big:new", big)),
    changes(
      "text of an LFS pointer in a value too large for one",
      Row.set("big:new", Value(Array((ManifestRows.lfsPointer + String(repeating: "\n", count: 1000)).utf8), Cut()))),
    changes(
      "a small value in chunks that is none", Row.set("big:new", Value(Array("version of nothing\n".utf8), Cut()))),
  ]

  /// What is there already is neither added again nor asked for.
  private static let shared: [Good] = [
    Good(name: "a value that shares all but one chunk") { gate, forge in
      var value = old
      value.bytes[2500] ^= 1
      return try commit(gate, forge, Row.set("big:new", Value(value.bytes, Cut())), adds: 1)
    },
    Good(name: "a value with bytes put in at its front") { gate, forge in
      let value = Value([UInt8](repeating: 1, count: 64) + old.bytes, Cut(sizes: [64, 1000, 1000, 1000, 1000, 500]))
      return try commit(gate, forge, Row.set("big:new", value), adds: 1)
    },
    Good(name: "a value all of whose chunks are there") { gate, forge in
      try commit(gate, forge, Row.set("big:new", old), adds: 0)
    },
    Good(name: "a value put back after another") { gate, forge in
      let first = try commit(gate, forge, Row.set("big:0", big), adds: 5)
      return first.ok ? try commit(gate, forge, Row.set("big:0", old), adds: 0) : first
    },
    Good(name: "the old chunks in another order") { gate, forge in
      let bytes = [1000..<4000, 0..<1000, 4000..<4500].flatMap { old.bytes[$0] }
      return try commit(gate, forge, Row.set("big:new", Value(bytes, Cut())), adds: 0)
    },
    Good(name: "two new values with the same content") { gate, forge in
      try commit(
        gate, forge,
        { store in
          store.entries["big:new"] = big
          store.entries["big:same"] = big
        }, adds: 5)
    },
    Good(name: "a value with one chunk a hundred times") { gate, forge in
      let value = Value([UInt8](repeating: 7, count: 100_500), Cut())
      return try commit(gate, forge, Row.set("big:new", value), adds: 2)
    },
    Good(name: "a chunk that is also an inline value") { gate, forge in
      try commit(gate, forge, Row.set("big:new", Value(Array("value 2".utf8), Cut())), adds: 1)
    },
  ]

  private static let cuts: [Good] = [
    changes("chunks of min and max in turn", Row.set("big:new", Value(noise: 9000, Cut(sizes: [64, 2000])))),
    changes("a last chunk of one byte", Row.set("big:new", Value(noise: 4001))),
    changes("a value of one byte in a chunk", Row.set("big:new", Value([0], Cut()))),
    changes("one chunk of max", Row.set("big:new", Value(noise: 2000, Cut(sizes: [2000])))),
    changes("min, avg and max the same", Row.set("big:new", Value(noise: 4500, Cut(min: 500, avg: 500, max: 500)))),
    changes("the largest max", Row.set("big:new", Value(noise: 4500, Cut(max: 16 << 20)))),
    changes("fixed chunks and a rest", Row.set("big:new", Value(noise: 4500, Cut(mode: "fixed")))),
    changes("fixed chunks without a rest", Row.set("big:new", Value(noise: 4000, Cut(mode: "fixed")))),
    changes("the same bytes cut otherwise", Row.set("big:0", Value(old.bytes, Cut(avg: 900)))),
    changes("the same chunks under another cut", Row.set("big:0", Value(old.bytes, Cut(max: 4000, sizes: [1000])))),
    changes("two thousand chunks", Row.set("big:new", Value(noise: 128_000, Cut(avg: 64)))),
    changes(
      "chunks of 100 KiB, at deep", policy: HostileRows.deep,
      Row.set("big:new", Value(noise: 250_000, Cut(min: 64 << 10, avg: 100 << 10, max: 1 << 20)).proven)),
  ]

  private static let several: [Good] = [
    pushed(
      "two transactions with chunks in one push",
      [Row.set("big:0", big), Row.set("big:0", Value(noise: 2500, seed: 2))]),
    pushed("one with chunks, then one without", [Row.set("big:new", big), Row.setNew]),
    pushed("one without chunks, then one with", [Row.setNew, Row.set("big:new", big)]),
    pushed(
      "chunks of the first named by the second of three", [Row.set("big:new", big), Row.set("big:2", big), Row.setNew]),
    pushed("the first transaction of a namespace, with chunks", ns: "fresh", [Row.set("big:new", big)]),
    pushed("the first two transactions, with chunks", ns: "fresh", [Row.set("big:new", big), Row.set("big:0", old)]),
    pushed("the first chunks with the second transaction", ns: "fresh", [Row.setNew, Row.set("big:0", old)]),
    Good(name: "chunks of two namespaces in one push", ns: "fresh") { gate, forge in
      var plan = forge.plan(Row.set("big:new", big))
      try plan.seal()
      let fresh = Forge(forge.repo, forge.state.emptied, ns: "fresh")
      var second = fresh.plan(Row.set("big:new", big))
      try second.seal()
      var push = plan.push
      push.append(second.push)
      return try fresh.push(push, to: gate.path)
    },
    Good(name: "a branch in the same push as chunks") { gate, forge in
      var plan = forge.plan(Row.set("big:new", big))
      try plan.seal()
      var push = plan.push
      push["refs/heads/topic"] = plan.chunksID
      return try forge.push(push, to: gate.path)
    },
    Good(name: "all three signed under 'all', with chunks", policy: SignatureRows.allSigned) { gate, forge in
      forge.signing = .all
      return try forge.commit(gate.path, Row.set("big:new", big))
    },
    commits("another subject of the chunks", of: Row.set("big:new", big)) { $0.chunks?.subject = "large: ü" },
  ]

  private static let levels: [Good] = [
    changes("chunks at deep", policy: HostileRows.deep, Row.set("big:new", big.proven)),
    changes("shared chunks at deep", policy: HostileRows.deep, Row.set("big:new", old.proven)),
    changes(
      "one chunk a hundred times at deep", policy: HostileRows.deep,
      Row.set("big:new", Value([UInt8](repeating: 7, count: 100_500), Cut()).proven)),
    changes("chunks at sample", policy: Row.at(.sample, Template.policy), Row.set("big:new", big)),
    changes(
      "more chunked keys than the sample", policy: Row.at(.sample, Template.policy),
      { for i in 0..<40 { $0.entries["big:new\(i)"] = Value(noise: 1500, seed: UInt64(i)) } }),
    Good(name: "chunks among more keys than the sample", policy: Row.at(.sample, Template.policy)) { gate, forge in
      forge.padding = 40
      return try forge.commit(gate.path, Row.set("big:new", big))
    },
    changes("chunks at attest", policy: Row.at(.attest, Template.policy), Row.set("big:new", big)),
  ]

  /// Pushes one transaction that has to add so many chunks, and no chunks ref where it adds none.
  private static func commit(
    _ gate: Stargate, _ forge: Forge, _ change: (inout Store) -> Void, adds count: Int
  ) throws -> Outcome {
    var plan = forge.plan(change)
    try plan.seal()
    #expect((plan.push[plan.chunksRef] == nil) == (count == 0))
    func held() throws -> Int {
      try gate.repo.must("ls-tree", "-r", "--name-only", plan.chunksRef).split(separator: "\n").count
    }
    let before = try held()
    let outcome = try forge.push(plan.push, to: gate.path)
    if outcome.ok {
      forge.adopt(plan)
      #expect(try held() == before + count)
    }
    return outcome
  }

  /// Several transactions in one push.
  private static func pushed(
    _ name: String, ns: String = "main", _ steps: [@Sendable (inout Store) -> Void]
  ) -> Good {
    Good(name: name, ns: ns) { gate, forge in
      let maker = ns == "main" ? forge : Forge(forge.repo, forge.state.emptied, ns: ns)
      var push = Push()
      for step in steps {
        var plan = maker.plan(step)
        try plan.seal()
        maker.adopt(plan)
        push.append(plan.push)
      }
      return try maker.push(push, to: gate.path)
    }
  }
}
