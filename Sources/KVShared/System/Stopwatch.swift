import Glibc

/// Time that has passed, by a clock that only goes forward.
public struct Stopwatch: Sendable {
  private let start = Self.now()

  public init() {}

  /// Seconds since it was started.
  public var seconds: Double { Self.now() - start }

  private static func now() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
