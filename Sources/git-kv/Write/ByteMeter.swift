import Glibc
import KVShared

/// A line on the terminal for long transfers: bytes, rate, time left. Silent where standard error is no terminal.
final class ByteMeter {
  private let label: String
  private let total: Int?
  private let isVisible: Bool
  private var start: Double?
  private var lastShown: Double = 0
  private var isShown = false

  /// - Parameters:
  ///   - total: bytes, where known.
  ///   - isQuiet: shows nothing at all.
  init(_ label: String, total: Int?, isQuiet: Bool) {
    self.label = label
    self.total = total
    isVisible = Progress.isVisible(isQuiet: isQuiet)
  }

  /// One that shows nothing.
  static var silent: ByteMeter { ByteMeter("", total: nil, isQuiet: true) }

  /// Shows that so many bytes are done; at most five times a second, and nothing of what takes no second.
  func show(_ done: Int) {
    guard isVisible else { return }
    let now = Self.clock()
    guard let start else {
      start = now
      return
    }
    guard now - start > 0.5, now - lastShown > 0.2 else { return }
    lastShown = now
    isShown = true
    let line = Self.line(label, done: done, total: total, seconds: now - start)
    try? IO.write("\r\u{1b}[K\(line)", to: 2, "standard error")
  }

  /// Takes the line away.
  func end() {
    guard isShown else { return }
    isShown = false
    try? IO.write("\r\u{1b}[K", to: 2, "standard error")
  }

  /// The line: `label: 45% 1.4 GiB of 3.0 GiB, 512.0 MiB/s, 0:03 left`.
  static func line(_ label: String, done: Int, total: Int?, seconds: Double) -> String {
    let rate = Double(done) / max(seconds, 0.001)
    let speed = "\(size(Int(rate)))/s"
    guard let total, total > 0 else { return "\(label): \(size(done)), \(speed)" }
    let left = Int((Double(max(total - done, 0)) / max(rate, 1)).rounded(.up))
    let clock = "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60)"
    return "\(label): \(done * 100 / total)% \(size(done)) of \(size(total)), \(speed), \(clock) left"
  }

  /// A number of bytes in the unit that suits it, with one digit behind the point.
  static func size(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB"] {
      if value < 1024 { return unit == "B" ? "\(bytes) B" : "\(tenths(value)) \(unit)" }
      value /= 1024
    }
    return "\(tenths(value)) GiB"
  }

  private static func tenths(_ value: Double) -> String {
    let scaled = Int(value * 10)
    return "\(scaled / 10).\(scaled % 10)"
  }

  private static func clock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}
