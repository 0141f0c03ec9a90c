import Testing

/// How the clients reach the Stargate.
enum Transport: String, Sendable, CaseIterable, CustomStringConvertible {
  case path
  case ssh
  var description: String { rawValue }
}

/// One object format over one transport.
struct Way: Sendable, CustomTestStringConvertible {
  let format: ObjectFormat
  let transport: Transport
  var testDescription: String { "\(format) over \(transport)" }

  static let all = ObjectFormat.allCases.flatMap { f in Transport.allCases.map { Way(format: f, transport: $0) } }
}

/// A Stargate, the way to it, and a developer who may write.
struct World: Sendable {
  let box: Sandbox
  let gate: Stargate
  let format: ObjectFormat
  let server: SSHServer?

  /// What clients put in as the remote's address.
  var url: String { server?.url(gate.path) ?? gate.path }

  static let policy = """
    version: 1
    stargate:
      branches: local
    namespaces:
      main:
        ledger_mode: linear
        require_signed_commits: true
        max_value_inline: 64KiB
        writers:
          - "\(Keys.writer.line) writer"
          - "\(Keys.second.line) second"

    """

  /// - Parameter live: whether pushes start workers, as they do everywhere but in tests that look at nothing these do.
  init(
    _ way: Way = Way(format: .sha1, transport: .path), policy: String = World.policy, live: Bool = false
  ) throws {
    box = try Sandbox()
    format = way.format
    gate = try Stargate.make(box, "gate.git", way.format, policy: policy)
    if !live { try gate.idle() }
    server = way.transport == .ssh ? try SSHServer(box) : nil
    try box.must(["git", "config", "--file", box.path("gitconfig"), "user.signingKey", Keys.writer.path])
  }

  /// A new repository with the Stargate as its origin, and nothing fetched.
  func clone(_ name: String, bare: Bool = false) throws -> Clone {
    let path = box.path(name)
    try box.must(["git", "init", "-q", "--object-format=\(format)"] + (bare ? ["--bare"] : []) + [path])
    let clone = Clone(repo: Repo(box: box, path: path))
    try clone.repo.must("remote", "add", "origin", url)
    return clone
  }

  /// A clone that has made the first transaction and pushed it.
  func start(_ name: String = "w") throws -> Clone {
    let clone = try clone(name)
    try clone.must("init", "--epoch", "2026Q4")
    try clone.must("push")
    return clone
  }

  func broken(_ ns: String = "main") throws -> [String] {
    // fsck takes what a worker adds meanwhile for missing.
    try box.untilQuiet()
    return try Invariants.broken(gate.repo, ns: ns, format: format)
  }
}

/// A repository in which `git kv` is run.
struct Clone {
  let repo: Repo
  var directory: String?
  var env: [String: String] = [:]

  @discardableResult
  func kv(_ arguments: String..., input: String = "") throws -> Outcome { try kv(arguments, Array(input.utf8)) }

  func kv(_ arguments: [String], _ input: [UInt8]) throws -> Outcome {
    try repo.box.run(["git", "kv"] + arguments, in: directory ?? repo.path, input: input, env: env)
  }

  /// Runs a command that must succeed; its output without the last newline.
  @discardableResult
  func must(_ arguments: String..., input: String = "") throws -> String {
    let outcome = try kv(arguments, Array(input.utf8))
    guard outcome.ok, !outcome.heldOpen else {
      throw Broken("git kv \(arguments.joined(separator: " ")): \(outcome.status)\n\(outcome.errors)")
    }
    return outcome.line
  }

  /// The one object that a command prints with --json.
  func json(_ arguments: String..., input: String = "") throws -> JSON {
    let outcome = try kv(["--json"] + arguments, Array(input.utf8))
    guard let json = JSON(outcome.text) else { throw Broken("no JSON: \(outcome.text)\(outcome.errors)") }
    return json
  }
}

/// What a failed command must leave: every ref but the memory of remotes, the work tree, the index.
struct CloneState: Equatable {
  let refs: [String: String]
  let files: [String: [UInt8]]

  init(_ clone: Clone) throws {
    refs = try clone.repo.refs().filter { !$0.key.hasPrefix("refs/kv-tracking/") }
    let root = clone.repo.path
    var files: [String: [UInt8]] = [:]
    let watched = [".git/index", ".git/HEAD", ".git/config", "HEAD", "config"]
    for path in Files.tree(root) where !path.hasSuffix("/") {
      let inGit = path.hasPrefix(".git/") || path.hasPrefix("objects/") || path.hasPrefix("refs/")
      if !inGit || watched.contains(path) { files[path] = try? Files.read("\(root)/\(path)") }
    }
    self.files = files
  }

  func changes(since old: CloneState) -> [String] {
    var found = Set(refs.keys).union(old.refs.keys).filter { refs[$0] != old.refs[$0] }.map { "ref \($0)" }
    found += Set(files.keys).union(old.files.keys).filter { files[$0] != old.files[$0] }.map { "file \($0)" }
    return found.sorted()
  }
}
