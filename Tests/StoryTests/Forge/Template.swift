/// A Stargate with some history and the forge that made it, to be copied for every row of a table.
struct Template: Sendable {
  let box: Sandbox
  let format: ObjectFormat
  let state: Forge.State
  /// The forge of namespace `other`, whose tips a row may borrow.
  let other: Forge.State

  static let policy = """
    version: 1
    stargate:
      branches: local
      admins:
        - "\(Keys.admin.line) admin"
    namespaces:
      main:
        ledger_mode: linear
        require_signed_commits: true
        max_value_inline: 4KiB
        writers:
          - "\(Keys.writer.line) writer"
          - "\(Keys.second.line) second"
          - "\(Keys.ecdsa.line) ecdsa"
          - "\(Keys.rsa.line) rsa"
        forbidden: [{ lfs: true }]
      other:
        ledger_mode: linear
        require_signed_commits: true
        writers:
          - "\(Keys.other.line) other"
      fresh:
        ledger_mode: linear
        require_signed_commits: true
        writers:
          - "\(Keys.writer.line) writer"

    """

  /// The policy with a line put in place of another.
  static func policy(_ line: String, _ replacement: String) -> String {
    let changed = policy.replacing(line, with: replacement, maxReplacements: 1)
    precondition(changed != policy, "the policy has no \(line)")
    return changed
  }

  static let hooked: [ObjectFormat: Result<Template, any Error>] = all(hooked: true)
  /// The same without hooks: what a row pushes is taken, and the checker has to find it.
  static let open: [ObjectFormat: Result<Template, any Error>] = all(hooked: false)

  /// What the checker knows of both.
  static let known = open.mapValues { open in
    Result {
      let template = try open.get()
      var check = Invariants(Repo(box: template.box, path: template.box.path("gate.git")), format: template.format)
      try check.run()
      return check.known
    }
  }

  private static func all(hooked: Bool) -> [ObjectFormat: Result<Template, any Error>] {
    Dictionary(uniqueKeysWithValues: ObjectFormat.allCases.map { f in (f, Result { try Template(f, hooked) }) })
  }

  private init(_ format: ObjectFormat, _ hooked: Bool) throws {
    let box = try Sandbox()
    Scraps.add(box.root)
    let gate = try Stargate.make(box, "gate.git", format, policy: Self.policy, hooked: hooked)
    if hooked { try gate.idle() }
    let forge = try Forge(box, "forge.git", format)
    func step(_ forge: Forge, _ change: (inout Store) -> Void) throws {
      let outcome = try forge.commit(gate.path, change)
      guard outcome.ok else { throw Broken("a good push was refused: \(outcome.errors)\(outcome.text)") }
    }
    try step(forge) { store in
      for i in 0..<5 { store.entries["cfg:\(i)"] = Value("value \(i)") }
      for key in ["a", "ab", "abc", "abcde", "clé:ü", "user", ".git", "../x", "cfg:gone"] {
        store.entries[key] = Value("of \(key)")
      }
    }
    try step(forge) { store in
      for i in 0..<260 { store.entries["user:\(i)"] = Value("\(i)") }
      // Exactly as many as a leaf holds.
      for i in 0..<256 { store.entries["near:\(i)"] = Value("\(i)") }
      store.entries["big:0"] = Value(noise: 4500, seed: 100)
    }
    try step(forge) { store in
      store.entries["cfg:gone"] = .some(nil)
      store.entries["big:1"] = Value(noise: 4500, seed: 101)
    }
    try step(forge) { $0.entries["cfg:1"] = Value("second value", ttl: "2026-12-31T00:00:00Z") }
    let second = Forge(forge.repo, State(forge.state.objects), ns: "other", signer: Keys.other)
    try step(second) { $0.entries["cfg:o"] = Value("other") }
    try gate.repo.box.untilQuiet()
    try gate.repo.must("repack", "-adq")
    try forge.repo.must("fetch", "-q", gate.path, "refs/*:refs/base/*")
    try forge.repo.must("gc", "-q", "--prune=now")
    (self.box, self.format, state, other) = (box, format, forge.state, second.state)
  }

  /// A copy of both for one row.
  func copy() throws -> (gate: Stargate, forge: Forge) {
    let box = try Sandbox()
    try box.must(["cp", "-a", self.box.path("gate.git"), self.box.path("forge.git"), box.root])
    let gate = Stargate(repo: Repo(box: box, path: box.path("gate.git")), format: format)
    return (gate, Forge(Repo(box: box, path: box.path("forge.git")), state))
  }

  private typealias State = Forge.State
}

extension Forge.State {
  /// A namespace with nothing in it.
  init(_ objects: Objects) {
    self.objects = objects
    ledgerTreeID = objects.format.emptyTree
  }
}
