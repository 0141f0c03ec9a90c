import Glibc
import Testing

/// `git kv` under strace, which follows none of the programs that it starts.
struct Strace {
  let clone: Clone
  private var log: String { clone.path("calls") }

  init(_ clone: Clone) { self.clone = clone }

  private func run(_ options: [String], _ arguments: [String]) throws -> Outcome {
    let program = "\(Installed.prefix)/bin/git-kv"
    let outcome = try clone.repo.box.run(
      ["strace", "-qq"] + options + [program] + arguments, in: clone.repo.path, env: clone.env)
    try clone.repo.box.untilQuiet()
    return outcome
  }

  /// The names of the system calls of one run, in their order.
  func calls(_ arguments: [String]) throws -> [String] {
    _ = try run(["-o", log], arguments)
    return try Files.text(log).split(separator: "\n").compactMap { line in
      let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      return line.dropFirst(name.count).first == "(" && name != "exit_group" ? String(name) : nil
    }
  }

  /// Kills it at one of these calls; whether it came to that.
  @discardableResult
  func kill(_ arguments: [String], _ calls: [String], _ n: Int) throws -> Bool {
    // strace counts every kind of call for itself.
    let count = calls[...n].count { $0 == calls[n] }
    let options = ["-o", "/dev/null", "-e", "trace=\(calls[n])", "-e", "inject=\(calls[n]):signal=KILL:when=\(count)"]
    return try run(options, arguments).status == 137
  }
}

/// Runs a command again and again and kills it, each time at another place.
struct Killer {
  let clone: Clone
  let kills: Int
  /// The part of them that has to hit: a run takes other calls than the one that was listed where it finds other files.
  let share: Double

  init(_ clone: Clone, kills: Int, share: Double = 0.75) {
    (self.clone, self.kills, self.share) = (clone, kills, share)
  }

  /// - Parameters:
  ///   - command: prepares the nth time and gives the arguments.
  ///   - between: looks at what the kill has left.
  ///   - again: whether the same command, run again, has ended as it should.
  ///   - after: looks at what that has left.
  func run(
    _ command: (Int) throws -> [String], between: (_ n: Int, _ place: String) throws -> Void,
    again isGood: (Outcome) -> Bool = \.ok, after: (_ n: Int, _ place: String) throws -> Void
  ) throws {
    guard let strace = try? clone.repo.box.run(["strace", "-V"]), strace.ok else {
      Issue.record("strace is not installed: the kill tests cannot run")
      return
    }
    let calls = try Strace(clone).calls(try command(2))
    #expect(calls.count > 100, "\(calls.count) calls")
    // Where files and refs get their names, and evenly over all the rest.
    let named = calls.indices.filter { ["rename", "linkat", "unlink", "fsync", "pwrite64"].contains(calls[$0]) }
    var places = stride(from: 0, to: named.count, by: max(1, named.count * 2 / kills)).map { named[$0] }
    places += stride(from: 7, to: calls.count, by: max(1, calls.count * 2 / kills))
    var killed = 0
    var seen: Set<String> = []
    for (i, place) in places.sorted().enumerated() {
      let (n, name) = (3 + i, "call \(place + 1) of \(calls.count), \(calls[place])")
      let arguments = try command(n)
      killed += try Strace(clone).kill(arguments, calls, place) ? 1 : 0
      try between(n, name)
      let again = try clone.kv(arguments, [])
      #expect(isGood(again) && !again.heldOpen, "\(name): \(again.status) \(again.errors)")
      try after(n, name)
      try clone.repo.box.untilQuiet()
      let stray = Files.tree(clone.repo.box.root).filter(Self.isTemporary).filter { seen.insert($0).inserted }
      #expect(stray == [], "\(name)")
    }
    #expect(killed >= Int(Double(places.count) * share), "\(killed) kills in \(places.count) tries")
  }

  /// A name of ours or of git's for a file that is not whole. Lock files that are never deleted are none.
  private static func isTemporary(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    let isLock = name.hasSuffix(".lock") && !["kv.lock", "worker.lock", "house.lock"].contains(name)
    return isLock || name.hasPrefix("tmp_") || name.hasSuffix(".kv-new") || name.contains(".tmp")
      || path.contains("incoming-")
  }
}
