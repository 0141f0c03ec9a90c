import Glibc

/// How every hook begins and ends.
public enum HookMain {
  /// Runs a hook's story, reports a rejection on standard error, and ends the process. Only a story that returns is a 0.
  public static func run(_ story: () throws(Rejection) -> Void) -> Never {
    end { () throws(Rejection) -> ExitCode in
      try story()
      return .ok
    }
  }

  /// The same, for a story that ends in more than one way.
  public static func end(with story: () throws(Rejection) -> ExitCode) -> Never {
    // The clock of tests is not for those who push.
    unsetenv("KV_NOW")
    do throws(Rejection) {
      exit(try story().rawValue)
    } catch {
      try? IO.write(error.report, to: 2, "standard error")
      exit(error.code.rawValue)
    }
  }

  /// The lines git gives to a hook.
  public static func updates() throws(Rejection) -> [RefUpdate] {
    try RefUpdate.parse(try IO.readAll(0, "standard input", limit: 64 << 20))
  }

  /// The repository a hook runs in; for a work tree of its own, the repository that tree belongs to.
  public static func repository() -> String {
    let folder = getenv("GIT_DIR").map { String(cString: $0) } ?? "."
    guard let bytes = try? IO.readFile("\(folder)/commondir", limit: 4096) else { return folder }
    let common = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return common.utf8.first == UInt8(ascii: "/") ? common : "\(folder)/\(common)"
  }

  /// Whether this hook runs in a push whose `pre-receive`, beside it, is ours and of the same installation.
  static func isBackedPush() -> Bool {
    guard isPush(), let folder = WorkerStart.programFolder() else { return false }
    let beside = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    guard let found = realpath((beside + ["pre-receive"]).joined(separator: "/"), nil) else { return false }
    defer { free(found) }
    return String(cString: found) == "\(folder)/kv-pre-receive" && access(found, X_OK) == 0
  }

  /// Whether the program that runs this hook is `git receive-pack`.
  static func isPush() -> Bool {
    guard let line = try? IO.readFile("/proc/\(getppid())/cmdline", limit: 1 << 20) else { return true }
    let words = line.split(separator: 0).prefix(8).map { String(decoding: $0, as: UTF8.self) }
    return words.contains {
      $0.utf8.elementsEqual("receive-pack".utf8) || $0.utf8.reversed().starts(with: "git-receive-pack".utf8.reversed())
    }
  }
}
