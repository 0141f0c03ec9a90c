import Testing

/// What stories about relayed branches do again and again.
extension MirrorWorld {
  /// A policy that relays, or does what `branches` says.
  static func relaying(_ mirror: String = "max_pushes_per_minute: 60000", branches: String = "relay") -> String {
    policy(mirror).replacing("branches: local", with: branches.isEmpty ? "" : "branches: \(branches)")
  }

  /// - Parameter way: to the Stargate, and from there to the mirror.
  static func relay(
    _ way: Way = Way(format: .sha1, transport: .path), policy: String = MirrorWorld.relaying()
  ) throws -> MirrorWorld {
    let world = try MirrorWorld(way, policy: policy)
    if let server = world.server {
      try world.gate.repo.must("config", "remote.github-origin.url", server.url(world.mirror.path))
      try world.gate.repo.must("config", "core.sshCommand", world.box.path("bin/ssh"))
    }
    return world
  }

  /// What a branch or tag is on the Stargate and on the mirror.
  func both(_ name: String) throws -> [String?] { [try gate.repo.id(name), try mirror.id(name)] }

  func snapshots() throws -> [Snapshot] {
    try box.untilQuiet()
    return [try Snapshot(gate), try Snapshot(Stargate(repo: mirror, format: format))]
  }

  /// Pushes what must be refused, with a code and with words in the error line or the hint, and leave no trace in
  /// either repository.
  @discardableResult
  func refuse(
    _ clone: Clone, _ arguments: [String], _ code: Int, _ words: String..., hint: String = "",
    at location: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let before = try snapshots()
    let outcome = try push(clone, arguments)
    let after = try snapshots()
    let refusal = Refusal(outcome)
    var wrong = refusal.problems([code], words.first ?? "")
    for word in words.dropFirst() where !refusal.errors.contains(where: { $0.contains(word) }) { wrong.append(word) }
    if !refusal.hints.contains(where: { $0.contains(hint) }) { wrong.append("the hint '\(hint)' is missing") }
    if outcome.ok { wrong.append("it was accepted") }
    wrong += zip(after, before).flatMap { $0.changes(since: $1) }
    #expect(wrong == [], "\(outcome.errors)\(outcome.text)", sourceLocation: location)
    return outcome
  }

  func push(_ clone: Clone, _ arguments: [String]) throws -> Outcome {
    try box.run(["git", "push", "--porcelain", "origin"] + arguments, in: clone.repo.path)
  }

  /// Pushes what must land on both.
  func land(_ clone: Clone, _ arguments: String..., at location: SourceLocation = #_sourceLocation) throws {
    let outcome = try push(clone, arguments)
    #expect(outcome.ok && !outcome.heldOpen, "\(outcome.errors)\(outcome.text)", sourceLocation: location)
  }
}

extension Clone {
  /// Makes a commit of one file, and gives its id.
  @discardableResult
  func commit(_ text: String) throws -> String {
    try Files.write("\(repo.path)/file", text)
    try repo.must("add", "file")
    try repo.must("commit", "-qm", text)
    return try repo.must("rev-parse", "HEAD")
  }
}
