/// A Stargate and its mirror as they were at one moment, to be brought back as often as is wanted.
struct Moment {
  private let world: MirrorWorld
  private let folder: String

  /// Packs what is there: few files are quickly copied.
  init(_ world: MirrorWorld) throws {
    self.world = world
    folder = world.box.path("moment")
    try Files.makeFolder(folder)
    for repo in [world.gate.repo, world.mirror] { try repo.must("repack", "-adq") }
    try world.box.must(["cp", "-a", world.gate.path, world.mirror.path, folder])
  }

  func bringBack() throws {
    try world.box.untilQuiet()
    for path in [world.gate.path, world.mirror.path] { Files.remove(path) }
    try world.box.must(["cp", "-a", "\(folder)/.", world.box.root])
  }
}

/// A program under strace, which follows none of the programs that it starts.
struct Traced {
  let box: Sandbox
  let command: [String]
  private var log: String { box.path("calls") }

  init(_ box: Sandbox, _ command: [String]) { (self.box, self.command) = (box, command) }

  /// Records strace's absence and returns false.
  static func isPossible(_ box: Sandbox) -> Bool { (try? box.run(["strace", "-V"]))?.ok == true }

  /// The names of the system calls of one run, in their order.
  func calls() throws -> [String] {
    try box.must(["strace", "-qq", "-o", log] + command)
    return try Self.names(log)
  }

  static func names(_ log: String) throws -> [String] {
    try Files.text(log).split(separator: "\n").compactMap { line in
      let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      return line.dropFirst(name.count).first == "(" && name != "exit_group" ? String(name) : nil
    }
  }

  /// The options that kill a program at one of these calls: strace counts every kind of call for itself.
  static func killing(_ calls: [String], _ n: Int) -> [String] {
    let count = calls[...n].count { $0 == calls[n] }
    return ["-qq", "-o", "/dev/null", "-e", "trace=\(calls[n])"]
      + ["-e", "inject=\(calls[n]):signal=KILL:when=\(count)"]
  }

  /// Kills it at one of these calls; whether it came to that.
  func kill(_ calls: [String], _ n: Int) throws -> Bool {
    try box.run(["strace"] + Self.killing(calls, n) + command).status == 137
  }
}

extension Forge {
  /// A good push made ready: the command that does it. It counts as done.
  func ready(_ gate: String, _ change: (inout Store) -> Void) throws -> [String] {
    var plan = plan(change)
    try plan.seal()
    try state.objects.write(to: repo)
    adopt(plan)
    let specs = plan.push.updates.map { "\($0.id):\($0.ref)" }
    return ["git", "-C", repo.path, "push", "-q", "--atomic", gate] + specs
  }

  /// Pushes one key, which must be taken.
  func set(_ n: Int, _ gate: String) throws {
    let outcome = try commit(gate) { $0.entries["cfg:\(n)"] = Value("\(n)") }
    guard outcome.ok, !outcome.heldOpen else { throw Broken("push \(n): \(outcome.errors)\(outcome.text)") }
  }

  /// Pushes some keys in one push, a transaction each.
  func set(_ numbers: [Int], _ gate: String) throws {
    var push = Push()
    for n in numbers {
      var plan = plan { $0.entries["cfg:\(n)"] = Value("\(n)") }
      try plan.seal()
      adopt(plan)
      push.append(plan.push)
    }
    let outcome = try self.push(push, to: gate)
    guard outcome.ok, !outcome.heldOpen else { throw Broken("push \(numbers): \(outcome.errors)\(outcome.text)") }
  }
}
