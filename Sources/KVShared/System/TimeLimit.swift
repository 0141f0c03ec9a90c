import Glibc

/// How long a child may run.
struct TimeLimit {
  private let limit: Double?
  private let watch = Stopwatch()

  /// - Parameter limit: seconds; nil for no end.
  init(_ limit: Double?) { self.limit = limit }

  var isUp: Bool { limit.map { watch.seconds >= $0 } ?? false }

  /// What is left, as `poll` wants it.
  var milliseconds: Int32 {
    guard let limit else { return -1 }
    return Int32(min(max((limit - watch.seconds) * 1000, 0), 86_400_000).rounded(.up))
  }

  /// What is said of a child that was ended, as git would say it.
  var words: [UInt8] { Array("fatal: no answer within \(Int((limit ?? 0).rounded(.up))) seconds\n".utf8) }

  /// Ends a child: asked first, so that it tidies up, and after a second not asked. It is left to be waited for.
  func end(_ pid: pid_t) {
    kill(pid, SIGTERM)
    for _ in 0..<100 {
      var info = siginfo_t()
      guard waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0, info.si_signo == 0 else { return }
      usleep(10_000)
    }
    kill(pid, SIGKILL)
  }
}
