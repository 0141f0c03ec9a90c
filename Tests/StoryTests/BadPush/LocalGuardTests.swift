import Testing

/// Ref updates that no push makes: by hand in the Stargate, by git's housekeeping, by a client without --atomic.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LocalGuardTests {
  /// A Stargate whose object store already holds one more good transaction, and that transaction.
  private func prepared(
    _ format: ObjectFormat = .sha1, of change: (inout Store) -> Void = Row.setNew
  ) throws -> (Stargate, Forge, Plan) {
    let (gate, forge) = try Template.hooked[format]!.get().copy()
    var plan = forge.plan(change)
    try plan.seal()
    try forge.state.objects.write(to: forge.repo)
    for (name, id) in [("l", plan.ledgerID), ("i", plan.indexID), ("c", plan.chunksID ?? plan.indexID)] {
      try forge.repo.must("update-ref", "refs/x/\(name)", id)
    }
    try gate.repo.must("fetch", "-q", forge.repo.path, "refs/x/*:refs/x/*")
    return (gate, forge, plan)
  }

  @Test(arguments: refused) func isRefused(_ row: ByHand) throws {
    let (gate, _, plan) = try prepared(of: row.change)
    let lines = try row.lines(plan, gate)
    let before = try gate.repo.refs()
    for packed in [true, false] {
      if !packed { try loosen(gate) }
      let outcome = try gate.repo.git("update-ref", "--stdin", input: Array(lines.utf8))
      let said = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
      #expect(!outcome.ok && said.count == 1 && said.first?.hasSuffix("[\(row.code)]") == true, "\(outcome.errors)")
      #expect(try gate.repo.refs() == before, "packed: \(packed)")
    }
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// Refs as files of their own, as a push leaves them.
  private func loosen(_ gate: Stargate) throws {
    for (name, id) in try gate.repo.refs() {
      let folder = name.split(separator: "/").dropLast().reduce(into: [gate.path]) { $0.append("\($0.last!)/\($1)") }
      for path in folder.dropFirst() { try Files.makeFolder(path) }
      try Files.write("\(gate.path)/\(name)", id + "\n")
    }
  }

  @Test(arguments: [false, true]) func aWholeTransactionByHandIsAccepted(_ hasChunks: Bool) throws {
    let (gate, _, plan) = try prepared(of: hasChunks ? ManifestRows.setBig : Row.setNew)
    let lines = Self.pair(plan) + (plan.chunksID.map { Self.chunks($0) } ?? "")
    let outcome = try gate.repo.git("update-ref", "--stdin", input: Array(lines.utf8))
    #expect(outcome.ok, "\(outcome.errors)")
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  @Test(arguments: ObjectFormat.allCases) func housekeepingGoesOn(_ format: ObjectFormat) throws {
    let (gate, forge, plan) = try prepared(format)
    try forge.commit(gate.path, Row.set("cfg:2", Value("loose refs")))
    try forge.commit(gate.path, Row.set("big:2", Value(noise: 3000)))
    try gate.repo.box.untilQuiet()
    let epoch = try gate.repo.id("refs/kv-epoch/main")
    func works(_ arguments: String...) throws {
      let outcome = try gate.repo.box.run(["git"] + arguments, in: gate.path)
      #expect(outcome.ok, "git \(arguments.joined(separator: " ")): \(outcome.errors)")
    }
    try works("pack-refs", "--all")
    try works("gc", "-q", "--prune=now")
    try works("repack", "-ad", "-q")
    try works("prune")
    try works("update-ref", "refs/kv-mirror/main", plan.ledgerID)
    try works("update-ref", "refs/kv-watchlog/main@2026Q4", plan.ledgerID)
    try works("update-ref", "refs/heads/topic", plan.ledgerID)
    try works("update-ref", "-d", "refs/heads/topic")
    try works("fetch", "-q", forge.repo.path, "refs/x/l:refs/heads/fetched")
    try works("pack-refs", "--all")
    try works("update-ref", "-d", "refs/kv-mirror/main")
    try forge.commit(gate.path, Row.set("cfg:3", Value("after")))
    try forge.commit(gate.path, Row.set("big:2", Value(noise: 4000)))
    try gate.repo.box.untilQuiet()
    try works("gc", "-q")
    try works("pack-refs", "--all")
    #expect(try gate.repo.id("refs/kv-epoch/main") == epoch)
    #expect(try gate.repo.id("refs/kv/main") == forge.tips?.ledger)
    #expect(try Invariants.broken(gate.repo, format: format) == [])
  }

  enum Thing: CaseIterable { case nothing, commit, tree }

  /// What git would not let through: manifest and chunks tree name for a chunk what is none.
  @Test(arguments: Thing.allCases) func noBlobForAChunk(_ thing: Thing) throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    var plan = forge.plan(ManifestRows.setBig)
    let id =
      switch thing {
      case .nothing: forge.format.id("blob", Array("nobody has this".utf8))
      case .commit: forge.tips!.ledger
      case .tree: forge.state.ledgerTreeID
      }
    let size = thing == .nothing ? "1000" : try gate.repo.must("cat-file", "-s", id)
    let digest = String(repeating: "5", count: 64)
    let chunk = Chunk([], forge.format).json(0).with([
      "size": .number(size), "digest": .string("sha256:\(digest)"), "blob_oid": .string(id),
    ])
    plan.chunksTree = forge.state.chunksTree
    plan.chunksTree.put(Names.chunk("main", digest), id)
    plan.lieInManifest(ManifestRows.new, ["chunks": .array([chunk]), "total_size": .number(size)])
    try plan.seal()
    try forge.state.objects.write(to: gate.repo)
    let lines = try plan.push.updates.map { "\(try gate.repo.id($0.ref)!) \($0.id) \($0.ref)\n" }.joined()
    let outcome = try gate.repo.box.run(
      ["\(Installed.libexec)/kv-pre-receive"], in: gate.path, input: Array(lines.utf8), env: ["GIT_DIR": "."])
    #expect(outcome.status == 8 && outcome.errors.contains("chunk 0 of 'big:new' is not a blob"), "\(outcome.errors)")
  }

  /// Without --atomic git moves one ref after the other: all of them have to land, or none.
  @Test(arguments: [false, true], [false, true]) func aPushThatIsNotAtomic(_ first: Bool, _ hasChunks: Bool) throws {
    let (gate, base) = try Template.hooked[.sha1]!.get().copy()
    let ns = first ? "fresh" : "main"
    let forge = first ? Forge(base.repo, base.state.emptied, ns: ns) : base
    var plan = forge.plan(hasChunks ? ManifestRows.setBig : Row.setNew)
    try plan.seal()
    let before = try gate.repo.refs()
    var push = plan.push
    push.options = ["--no-atomic"]
    let outcome = try forge.push(push, to: gate.path)
    if outcome.ok {
      for (ref, id) in plan.push.updates.map({ ($0.ref, $0.id) }) { #expect(try gate.repo.id(ref) == id) }
      forge.adopt(plan)
    } else {
      #expect(try gate.repo.refs() == before)
      #expect(outcome.errors.contains("kv: error: "), "\(outcome.errors)")
    }
    #expect(try forge.commit(gate.path, Row.set("cfg:next", Value("next"))).ok)
    #expect(try Invariants.broken(gate.repo, ns: ns, format: .sha1) == [])
  }

  /// Two who built on the same tip: the second loses, and is told so.
  @Test(arguments: [nil, Cut()]) func aLostRace(_ cut: Cut?) throws {
    let (gate, forge) = try Template.hooked[.sha1]!.get().copy()
    func value(_ text: String) -> Value {
      var value = Value(text)
      value.cut = cut
      return value
    }
    var slow = forge.plan(Row.set("cfg:slow", value("slow")))
    try slow.seal()
    #expect(try forge.commit(gate.path, Row.set("cfg:fast", value("fast"))).ok)
    let before = try Snapshot(gate)
    let outcome = try forge.push(slow.push, to: gate.path)
    #expect(!outcome.ok)
    #expect(try Snapshot(gate).changes(since: before) == [])
    #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
  }

  /// A hook that is started with something else than git gives it says no.
  @Test(arguments: ["kv-pre-receive", "kv-update", "kv-post-receive"]) func strangeInput(_ program: String) throws {
    let (gate, _) = try Template.hooked[.sha1]!.get().copy()
    let path = "\(Installed.libexec)/\(program)"
    let id = try gate.repo.must("rev-parse", "refs/kv/main")
    let inputs = [
      "rubbish\n", "\(id) \(id)\n", "\(id) \(id) refs/kv/main extra\n", "\(id) \(id) refs/kv/../x\n",
      "\(id.dropLast()) \(id) refs/kv/main\n", "\(id.uppercased()) \(id) refs/kv/main\n", "\(id) \(id) refs/kv/main",
      "\u{0}\n",
    ]
    for input in inputs where program == "kv-pre-receive" {
      let outcome = try gate.repo.box.run([path], in: gate.path, input: Array(input.utf8), env: ["GIT_DIR": "."])
      #expect(
        outcome.status != 0 && outcome.status < 128, "\(program) on '\(input)': \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("kv: error: "), "\(outcome.errors)")
    }
    for arguments in [[], ["a", "b"], ["a", "b", "c", "d"]] where program == "kv-update" {
      let outcome = try gate.repo.box.run([path] + arguments, in: gate.path, input: [], env: ["GIT_DIR": "."])
      #expect(outcome.status != 0 && outcome.status < 128, "\(program) \(arguments): \(outcome.status)")
    }
    let nowhere = try gate.repo.box.run(
      [path, "refs/kv/main", id, id], in: "/", input: Array("\(id) \(id) refs/kv/main\n".utf8))
    if program != "kv-post-receive" {
      #expect(nowhere.status != 0 && nowhere.status < 128, "\(program): \(nowhere.errors)")
    }
  }
}
