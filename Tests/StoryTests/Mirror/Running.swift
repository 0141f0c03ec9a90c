import Glibc

/// A program that goes on while the test does other things.
final class Running {
  private var child: Child
  var pid: pid_t { child.pid }

  init(_ command: Command) throws { child = try Child(command) }

  var isDone: Bool {
    child.step()
    return child.done
  }

  func wait() -> Outcome {
    while !isDone { usleep(2000) }
    return child.outcome
  }
}

/// Waits until something holds.
func until(_ what: String, limit: Double = 20, _ condition: () throws -> Bool) throws {
  let deadline = now() + limit
  while try !condition() {
    guard now() < deadline else { throw Broken("\(what): not within \(limit) seconds") }
    usleep(5000)
  }
}

extension MirrorWorld {
  /// Starts a worker and leaves it running.
  func running(_ arguments: String...) throws -> Running { try Running(box.command(workerCommand + arguments)) }

  /// Whether some worker holds one of its locks. To try one would be to take it from a worker that just wants it.
  func isLocked(_ name: String) throws -> Bool {
    var info = stat()
    guard stat("\(gate.path)/.stargate/\(name)", &info) == 0 else { return false }
    return try Files.text("/proc/locks").split(separator: "\n").contains { line in
      line.contains(" FLOCK ") && !line.contains("->") && line.contains(":\(info.st_ino) ")
    }
  }
}
