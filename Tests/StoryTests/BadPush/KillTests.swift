import Glibc
import Testing

/// A hook killed in the middle, anywhere between two system calls: the store stays sound and loses nothing it acknowledged.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct KillTests {
  /// A hook, and for `reference-transaction` the call of it that is meant.
  static let hooks = [
    "pre-receive", "update", "reference-transaction prepared", "reference-transaction committed", "post-receive",
  ]

  /// What is pushed while a hook dies.
  enum Change: CaseIterable, CustomTestStringConvertible {
    case transaction, epoch

    var testDescription: String { self == .epoch ? "a change of epoch" : "a transaction" }

    /// Makes the nth of them; returns the push, the ledger commit that it brings, and what is to be done once it is in.
    func make(_ forge: Forge, _ n: Int) throws -> (push: Push, ledger: String, adopt: () -> Void) {
      switch self {
      case .transaction:
        var plan = forge.plan(KillTests.set(n))
        try plan.seal()
        return (plan.push, plan.ledgerID, { [plan] in forge.adopt(plan) })
      case .epoch:
        var plan = EpochPlan(forge, "E\(n)")
        try plan.seal()
        return (plan.push, plan.ledgerID, { [plan] in forge.adopt(plan) })
      }
    }
  }

  @Test(arguments: hooks, Change.allCases) func killed(_ which: String, _ change: Change) throws {
    let (gate, forge) = try small()
    func broken() throws -> [String] {
      try Invariants.broken(gate.repo, format: .sha1, writers: [Keys.writer.line, Keys.admin.line])
    }
    guard let strace = try? gate.repo.box.run(["strace", "-V"]), strace.ok else {
      Issue.record("strace is not installed: the kill tests cannot run")
      return
    }
    let wrapped = try WrappedHook(gate, which)
    let calls = try wrapped.calls {
      let made = try change.make(forge, 1 << 20)
      let outcome = try forge.push(made.push, to: gate.path)
      if outcome.ok { made.adopt() }
      return outcome
    }
    #expect(calls.count > 10, "\(calls.count) calls")

    var killed = 0
    // The checker walks every epoch there is, so that many of them take long.
    let places = Array(stride(from: 4, to: calls.count, by: change == .epoch ? max(5, calls.count / 15) : 5))
    for n in places {
      // strace counts every kind of call for itself.
      let place = "call \(n + 1), \(calls[n])"
      try wrapped.kill(calls[n], calls[...n].count { $0 == calls[n] })
      let made = try change.make(forge, n)
      let refs = try gate.repo.refs()
      let outcome = try forge.push(made.push, to: gate.path)
      let wasKilled = try wrapped.wasKilled()
      killed += wasKilled ? 1 : 0
      #expect(!outcome.timedOut && !outcome.heldOpen, "\(place)")
      let tip = try gate.repo.id("refs/kv/main")
      if outcome.ok { #expect(tip == made.ledger, "\(place): acknowledged and not there") }
      // What landed and was not acknowledged may stay; what is there is one of the two.
      if tip == made.ledger { made.adopt() } else { #expect(try gate.repo.refs() == refs, "\(place)") }
      if wasKilled && !which.hasPrefix("post") && !which.hasSuffix("committed") {
        #expect(!outcome.ok, "\(place): accepted though its guard was killed")
      }
      try gate.repo.box.untilQuiet()
      #expect(try broken() == [], "\(place)")
      let stray = Files.tree(gate.path).filter { path in
        !path.hasPrefix(".stargate/")
          && (path.hasSuffix(".lock") || path.contains("incoming-") || path.contains("/tmp_"))
      }
      #expect(stray == [], "\(place)")
    }
    #expect(killed >= places.count - 1, "\(killed) kills in \(places.count) tries")

    try wrapped.restore()
    #expect(try forge.commit(gate.path, Row.set("cfg:after", Value("x"))).ok)
    #expect(try broken() == [])
    #expect(try Files.text(gate.journal).contains(forge.tips!.ledger), "the journal goes on after a torn line")
  }

  /// One key inline and one in chunks: a transaction of three refs.
  fileprivate static func set(_ n: Int) -> @Sendable (inout Store) -> Void {
    { store in
      store.entries["cfg:\(n)"] = Value("\(n)")
      store.entries["big:\(n)"] = Value(noise: 300, seed: UInt64(n), Cut(avg: 200))
    }
  }

  /// A Stargate with a short history, so that it can be checked from scratch after every kill.
  private func small() throws -> (Stargate, Forge) {
    let box = try Sandbox()
    let gate = try Stargate.make(box, "gate.git", policy: Template.policy)
    try gate.idle()
    try gate.skipFsync()
    let forge = try Forge(box, "forge.git")
    let first = try forge.commit(gate.path, Self.set(1 << 21))
    guard first.ok else { throw Broken("\(first.errors)") }
    return (gate, forge)
  }
}

/// A hook under strace, which follows none of the programs that the hook starts.
private struct WrappedHook {
  let path: String
  let program: String
  let log: String
  let condition: String

  init(_ gate: Stargate, _ which: String) throws {
    let words = which.split(separator: " ").map(String.init)
    path = "\(gate.path)/hooks/\(words[0])"
    // It keeps its name, by which it knows what it is.
    program = "\(gate.path)/hooks/real/\(words[0])"
    log = gate.repo.box.path("calls")
    condition = words.count > 1 ? "[ \"$1\" = \(words[1]) ]" : "true"
    try Files.makeFolder("\(gate.path)/hooks/real")
    try gate.repo.box.must(["mv", path, program])
  }

  private func wrap(_ options: String) throws {
    let script = """
      #!/bin/sh
      \(condition) || exec '\(program)' "$@"
      strace -qq \(options) '\(program)' "$@"
      status=$?
      echo $status >>'\(log).status'
      exit $status

      """
    try Files.write("\(log).status", "")
    try Files.write(path, script, mode: 0o755)
  }

  /// The names of the system calls of one run, in their order.
  func calls(_ push: () throws -> Outcome) throws -> [String] {
    try wrap("-o '\(log)'")
    let outcome = try push()
    guard outcome.ok else { throw Broken("the push under strace: \(outcome.errors)") }
    return try Files.text(log).split(separator: "\n").compactMap { line in
      let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      return line.dropFirst(name.count).first == "(" && name != "exit_group" ? String(name) : nil
    }
  }

  func kill(_ call: String, _ count: Int) throws {
    try wrap("-o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(count)")
  }

  func wasKilled() throws -> Bool { try Files.text("\(log).status").contains("137") }

  func restore() throws {
    Files.remove(path)
    guard rename(program, path) == 0 else { throw Broken("the hook does not come back") }
  }
}
