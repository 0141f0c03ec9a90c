import Glibc

/// The process that keeps a turn: it holds the lock on its standard input until a ref moves or time is up.
public enum TurnHolder {
  static let flag = "--hold-turn"

  /// Runs if the command line asks for it, `--hold-turn <file of the ref> <milliseconds>`; returns false otherwise.
  public static func runIfAsked(_ arguments: [String]) -> Bool {
    guard arguments.count == 4, arguments[1] == flag, let milliseconds = Int(arguments[3]) else { return false }
    let before = try? IO.readFile(arguments[2], limit: 4096)
    for _ in 0..<(milliseconds / 2) {
      usleep(2000)
      if (try? IO.readFile(arguments[2], limit: 4096)) != before { break }
    }
    return true
  }
}
