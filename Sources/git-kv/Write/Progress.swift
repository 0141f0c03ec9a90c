import Glibc
import KVShared

/// A line on the terminal that counts; silent where standard error is no terminal.
final class Progress {
  private let label: String
  private let isVisible: Bool
  private var lastShown = 0

  init(_ label: String, isQuiet: Bool) {
    self.label = label
    isVisible = !isQuiet && isatty(2) == 1
  }

  /// Whether long work shows anything at all.
  static func isVisible(isQuiet: Bool) -> Bool { !isQuiet && isatty(2) == 1 }

  func show(_ done: Int, of total: Int) {
    guard isVisible, total > 1000, done - lastShown >= 1000 else { return }
    lastShown = done
    try? IO.write("\r\(label): \(done * 100 / total)% (\(done)/\(total))", to: 2, "standard error")
  }

  func end() {
    guard isVisible, lastShown > 0 else { return }
    try? IO.write("\r\u{1b}[K", to: 2, "standard error")
    lastShown = 0
  }
}
