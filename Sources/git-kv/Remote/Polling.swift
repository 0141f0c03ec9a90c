import Glibc
import KVShared

/// When to ask a remote again: soon at first, then ever more seldom, until a time is up.
struct Polling {
  /// Seconds of the first pause, and what each pause is to the one before.
  private static let first = 0.1
  private static let growth = 1.6
  /// Seconds of the longest pause: a host is asked no more often than this for long; a path on this machine may be.
  private static let longest = 10.0
  private static let longestLocal = 0.25

  private let longest: Double
  private let timeout: Double?
  private let watch = Stopwatch()
  private var next = Self.first

  /// - Parameter timeout: seconds; nil for no end.
  init(url: String, timeout: Double?) {
    longest = Self.isLocal(url) ? Self.longestLocal : Self.longest
    self.timeout = timeout
  }

  /// Seconds since it began.
  var elapsed: Double { watch.seconds }

  /// Seconds until the time is up; infinite where it never is.
  var left: Double { timeout.map { max($0 - elapsed, 0) } ?? .infinity }

  /// Sleeps until it is time to ask again; returns false where the time is up. The last pause ends with the time.
  mutating func pause() -> Bool {
    let left = left
    guard left > 0 else { return false }
    usleep(UInt32(min(step(.random(in: 0.8...1.2)), left) * 1e6) + 1)
    return true
  }

  /// Asks soon again: there was news.
  mutating func reset() { next = Self.first }

  /// Seconds of the next pause.
  /// - Parameter jitter: a factor that keeps many who wait from asking all at once.
  mutating func step(_ jitter: Double) -> Double {
    let pause = next
    next = min(next * Self.growth, longest)
    return min(pause * jitter, longest)
  }

  /// Whether git reaches it without a network.
  static func isLocal(_ url: String) -> Bool {
    url.hasPrefix("file://") || (!SSHCommand.isSSH(url) && !url.contains("://") && !url.contains("::"))
  }
}
