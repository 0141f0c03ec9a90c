import Glibc

/// Runs git: owns its arguments, environment and locale for one role.
public struct Git: Sendable {
  public var environment: Environment
  public var options: [String]
  /// Says every command on standard error before it runs.
  public var trace = false
  /// Seconds after which a command that still runs is ended; nil for none.
  public var limit: Double?

  private init(environment: Environment, options: [String]) {
    var environment = environment
    environment["LC_ALL"] = "C"
    // A replace ref would show the verifier another object than the one that is stored.
    environment["GIT_NO_REPLACE_OBJECTS"] = "1"
    environment["GIT_TERMINAL_PROMPT"] = environment["GIT_TERMINAL_PROMPT"] ?? "0"
    self.environment = environment
    self.options = options
  }

  /// Inside a hook: git has set the repository and the quarantine, and both must stay.
  public static func hook() -> Git { Git(environment: .inherited(), options: []) }

  /// What git says of one repository to its children (`git rev-parse --local-env-vars`), settings aside.
  private static let ofOneRepository = [
    "QUARANTINE_PATH", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "WORK_TREE", "IMPLICIT_WORK_TREE",
    "COMMON_DIR", "NAMESPACE", "INDEX_FILE", "PREFIX", "CONFIG", "GRAFT_FILE", "SHALLOW_FILE", "REPLACE_REF_BASE",
  ]

  /// A worker on a bare repository: nothing of a surrounding push may leak in.
  public static func worker(repository: String) -> Git {
    var environment = Environment.inherited()
    for name in Self.ofOneRepository { environment["GIT_\(name)"] = nil }
    environment["GIT_DIR"] = repository
    return Git(environment: environment, options: [])
  }

  /// The command line client in the user's directory.
  public static func client() -> Git {
    Git(environment: .inherited(), options: ["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
  }

  func command(_ arguments: [String]) -> [String] {
    let all = ["git"] + options + arguments
    if trace { try? IO.write("kv: debug: \(all.joined(separator: " "))\n", to: 2, "standard error") }
    return all
  }

  /// Runs git to its end; a non-zero exit is a value.
  public func run(
    _ arguments: [String], input: [UInt8] = [], inputFile: Int32? = nil,
    onErrors: (ArraySlice<UInt8>) -> Void = { _ in }
  ) throws(Rejection) -> ChildResult {
    try ChildProcess.run(
      command(arguments), environment: environment, input: input, inputFile: inputFile, limit: limit,
      onErrors: onErrors)
  }

  /// Starts git and leaves it running.
  public func start(
    _ arguments: [String], stdin: ChildStream = .null, stdout: ChildStream = .inherit, stderr: ChildStream = .inherit,
    detached: Bool = false
  ) throws(Rejection) -> ChildProcess {
    try ChildProcess(
      command(arguments), environment: environment, stdin: stdin, stdout: stdout, stderr: stderr, detached: detached)
  }
}

extension ChildResult {
  /// Turns a non-zero exit into `.io` with the last line git said.
  @discardableResult
  public func check(_ what: String) throws(Rejection) -> ChildResult {
    guard status == 0 else {
      let said = errors.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) }
      throw .io("\(what) failed: \(said ?? "git exited with \(status)")")
    }
    return self
  }
}
