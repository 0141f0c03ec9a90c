import Glibc

/// How every hook begins and ends.
public enum HookMain {
  /// Runs a hook's story, reports a rejection on standard error, and ends the process. Only a story that returns is a 0.
  public static func run(_ story: () throws(Rejection) -> Void) -> Never {
    do throws(Rejection) {
      try story()
    } catch {
      try? IO.write(error.report, to: 2, "standard error")
      exit(error.code.rawValue)
    }
    exit(ExitCode.ok.rawValue)
  }

  /// The lines git gives to a hook.
  public static func updates() throws(Rejection) -> [RefUpdate] {
    try RefUpdate.parse(try IO.readAll(0, "standard input", limit: 64 << 20))
  }

  /// The repository a hook runs in.
  public static func repository() -> String { getenv("GIT_DIR").map { String(cString: $0) } ?? "." }
}
