import Glibc

/// A `git kv watch --follow` that goes on beside what a test does.
final class Follower {
  private var child: Child

  init(_ repo: Repo, _ arguments: String..., env: [String: String] = [:]) throws {
    child = try Child(
      repo.box.command(["git-kv", "watch", "--follow"] + arguments, in: repo.path, env: env, limit: 120))
  }

  /// - Parameter script: becomes the watch.
  init(_ repo: Repo, script: String) throws {
    child = try Child(repo.box.command(["sh", "-c", script], in: repo.path, limit: 120))
  }

  deinit {
    if !child.done {
      kill(-child.pid, SIGKILL)
      while !child.done { child.step() }
    }
  }

  var pid: pid_t { child.pid }

  /// The lines it has printed.
  var lines: [String] { child.outcome.text.split(separator: "\n").map(String.init) }

  /// Waits until a condition holds.
  func wait(_ what: String, _ condition: (Outcome) throws -> Bool) throws {
    let deadline = now() + 60
    while try !condition(child.outcome) {
      guard !child.done, now() < deadline else {
        throw Broken("\(what): status \(child.outcome.status)\n\(child.outcome.text)\(child.outcome.errors)")
      }
      child.step()
      usleep(2000)
    }
  }

  /// Waits until it has printed some lines, and no more.
  func wait(lines count: Int) throws -> [String] {
    try wait("\(count) lines") { $0.text.split(separator: "\n").count >= count }
    return lines
  }

  /// Waits until it is ready for a signal.
  func waitForHandler() throws {
    try wait("a handler of SIGTERM") { _ in
      let status = try Files.text("/proc/\(child.pid)/status").split(separator: "\n")
      let mask = status.first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last ?? ""
      return (UInt64(mask, radix: 16) ?? 0) & (1 << UInt64(SIGTERM - 1)) != 0
    }
  }

  /// Sends a signal and waits for the end.
  func end(_ signal: Int32 = SIGTERM) throws -> Outcome {
    kill(child.pid, signal)
    return try end
  }

  /// Waits for its own end.
  var end: Outcome {
    get throws {
      let deadline = now() + 30
      while !child.done, now() < deadline {
        child.step()
        usleep(2000)
      }
      guard child.done else { throw Broken("it does not end: \(child.outcome.text)\(child.outcome.errors)") }
      return child.outcome
    }
  }
}
