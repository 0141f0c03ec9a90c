import Testing

enum Level: String, Sendable, CaseIterable, CustomStringConvertible {
  case full
  case sample
  case attest
  var description: String { rawValue }
}

/// One bad push: what it is, the code and the words it must be refused with.
struct Row: Sendable, CustomTestStringConvertible {
  let name: String
  /// The code; a second one only where DESIGN leaves open which rule speaks first.
  let codes: [Int]
  /// What the error line must hold.
  var says: String
  /// git's own check of received objects refuses it first; the hook must as well, where that is off.
  var fsck = false
  /// The cheaper levels that let it through.
  var letThrough: Set<Level> = []
  /// Taken by a repository without hooks it breaks an invariant, and the checker must say so.
  var visible = true
  /// The policy in place of the template's.
  var policy: String?
  var prepare: @Sendable (Stargate, Forge) throws -> Void = { _, _ in }
  var make: @Sendable (Forge) throws -> Push

  var testDescription: String { name }

  private init(_ name: String, _ codes: [Int], _ says: String, _ make: @escaping @Sendable (Forge) throws -> Push) {
    (self.name, self.codes, self.says, self.make) = (name, codes, says, make)
  }

  /// A transaction whose trees are wrong, and all else agrees with them.
  static func trees(
    _ name: String, _ codes: Int..., says: String = "", of change: @escaping @Sendable (inout Store) -> Void = setNew,
    _ body: @escaping @Sendable (inout Plan) throws -> Void
  ) -> Row {
    var row = Row(name, codes, says) { forge in
      var plan = forge.plan(change)
      try body(&plan)
      try plan.seal()
      return plan.push
    }
    row.letThrough = [.attest]
    return row
  }

  /// A transaction with good trees and something wrong in a commit.
  static func commits(
    _ name: String, _ codes: Int..., says: String = "", of change: @escaping @Sendable (inout Store) -> Void = setNew,
    _ body: @escaping @Sendable (inout Plan) throws -> Void
  ) -> Row {
    Row(name, codes, says) { forge in
      var plan = forge.plan(change)
      plan.sealTrees()
      try body(&plan)
      try plan.sealCommits()
      return plan.push
    }
  }

  /// A good transaction, pushed in a wrong way.
  static func pushed(
    _ name: String, _ codes: Int..., says: String = "", of change: @escaping @Sendable (inout Store) -> Void = setNew,
    _ body: @escaping @Sendable (inout Push, Plan) throws -> Void
  ) -> Row {
    Row(name, codes, says) { forge in
      var plan = forge.plan(change)
      try plan.seal()
      var push = plan.push
      try body(&push, plan)
      return push
    }
  }

  /// Anything else.
  static func free(
    _ name: String, _ codes: Int..., says: String = "", _ make: @escaping @Sendable (Forge) throws -> Push
  ) -> Row { Row(name, codes, says, make) }

  static func free(
    _ name: String, _ codes: [Int], says: String, _ make: @escaping @Sendable (Forge) throws -> Push
  ) -> Row { Row(name, codes, says, make) }

  /// The change most rows make: one new key.
  static let setNew = set("cfg:new", Value("new"))
  static let nothing: @Sendable (inout Store) -> Void = { _ in }
  static func set(_ key: String, _ value: Value) -> @Sendable (inout Store) -> Void { { $0.entries[key] = value } }

  // What a row says of itself beyond that, one word after the other.
  func under(_ policy: String) -> Row { with { $0.policy = policy } }
  func passing(_ levels: Level...) -> Row { with { $0.letThrough = Set(levels) } }
  func alsoPassing(_ levels: Level...) -> Row { with { $0.letThrough.formUnion(levels) } }
  func saying(_ words: String) -> Row { with { $0.says = words } }
  var unseen: Row { with { $0.visible = false } }
  var refusedByGit: Row { with { $0.fsck = true } }
  func after(_ prepare: @escaping @Sendable (Stargate, Forge) throws -> Void) -> Row { with { $0.prepare = prepare } }

  private func with(_ change: (inout Row) -> Void) -> Row {
    var row = self
    change(&row)
    return row
  }
}

/// What a push that a hook refused shows to the one who pushed.
struct Refusal {
  let codes: [Int]
  let errors: [String]
  let hints: [String]

  init(_ outcome: Outcome) {
    let lines = outcome.errors.split(separator: "\n").compactMap { line -> Substring? in
      guard line.hasPrefix("remote: ") else { return nil }
      // git pads what it passes on, for terminals.
      var rest = line.dropFirst("remote: ".count)
      while rest.last == " " { rest.removeLast() }
      return rest
    }
    errors = lines.filter { $0.hasPrefix("kv: error: ") }.map(String.init)
    hints = lines.filter { $0.hasPrefix("kv: hint: ") }.map(String.init)
    codes = errors.compactMap { line in
      guard line.hasSuffix("]"), let open = line.lastIndex(of: "[") else { return nil }
      return Int(line[line.index(after: open)...].dropLast())
    }
  }

  /// How this is not one error with one of the codes and the words, and a hint.
  func problems(_ expected: [Int], _ words: String) -> [String] {
    var wrong: [String] = []
    if errors.count != 1 || codes.count != 1 { wrong.append("\(errors.count) error lines with \(codes.count) codes") }
    if !codes.allSatisfy(expected.contains) { wrong.append("the code is not in \(expected)") }
    if !errors.contains(where: { $0.contains(words) }) { wrong.append("the words '\(words)' are missing") }
    if hints.isEmpty { wrong.append("there is no hint") }
    return wrong
  }
}

extension Row {
  /// Pushes the row to a copy of the template and checks that it is refused as it says; one issue for a row.
  func mustBeRefused(_ format: ObjectFormat, _ level: Level = .full, fsck: Bool = true) throws {
    let (outcome, changes) = try pushed(format, level, fsck: fsck)
    var wrong: [String] = []
    if outcome.ok { wrong.append("it was accepted") }
    if !changes.isEmpty { wrong.append("it left: \(changes.prefix(8).joined(separator: "; "))") }
    if outcome.heldOpen { wrong.append("something it started still runs") }
    if !(self.fsck && fsck) { wrong += Refusal(outcome).problems(codes, says) }
    if wrong.isEmpty { return }
    Issue.record("\(name): \(wrong.joined(separator: ", "))\n\(outcome.errors)\(outcome.text)")
  }

  /// The same at a level that does not look at what is wrong here.
  func mustPass(_ format: ObjectFormat, _ level: Level) throws {
    let (outcome, _) = try pushed(format, level, fsck: false)
    if !outcome.ok { Issue.record("\(name) at \(level): \(outcome.errors)\(outcome.text)") }
  }

  private func pushed(
    _ format: ObjectFormat, _ level: Level, fsck: Bool
  ) throws -> (outcome: Outcome, changes: [String]) {
    let (gate, forge) = try Template.hooked[format]!.get().copy()
    if policy != nil || level != .full { try gate.setPolicy(Self.at(level, policy ?? Template.policy)) }
    if !fsck { try gate.repo.must("config", "receive.fsckObjects", "false") }
    try prepare(gate, forge)
    let push = try make(forge)
    let before = try Snapshot(gate)
    let outcome = try forge.push(push, to: gate.path)
    return (outcome, try Snapshot(gate).changes(since: before))
  }

  /// The policy with `main` at a level; the lines that other rows change keep their numbers.
  static func at(_ level: Level, _ policy: String) -> String {
    guard level != .full, !policy.contains("verify:") else { return policy }
    let last = "\(Keys.rsa.line) rsa\"\n"
    let lines = level == .sample ? "    verify: sample\n    sample_size: 32\n" : "    verify: \(level)\n"
    return policy.replacing(last, with: last + lines, maxReplacements: 1)
  }
}
