import Glibc
import Testing

/// A Stargate with a mirror, and developers who read from the one and write to the other.
///
/// Pushes start no worker unless the world is live, so that a test says when one runs.
struct MirrorWorld: Sendable {
  let box: Sandbox
  var gate: Stargate
  let mirror: Repo
  let format: ObjectFormat
  let server: SSHServer?

  static let namespaces = ["main", "other"]

  /// A policy with both namespaces, and an admin who writes in none.
  /// - Parameters:
  ///   - mirror: fields of `mirror`.
  ///   - more: fields of each namespace.
  static func policy(
    _ mirror: String = "max_pushes_per_minute: 60000", more: String = "max_value_inline: 64KiB"
  ) -> String {
    let spaces = namespaces.map {
      """
        \($0):
          ledger_mode: linear
          require_signed_commits: true
          \(more)
          writers:
            - "\(Keys.writer.line) writer"
            - "\(Keys.second.line) second"

      """
    }
    return """
      version: 1
      stargate:
        branches: local
        mirror: { \(mirror) }
        admins:
          - "\(Keys.admin.line) admin"
      namespaces:

      """ + spaces.joined()
  }

  /// - Parameter name: of the Stargate's folder.
  init(
    _ way: Way = Way(format: .sha1, transport: .path), policy: String = MirrorWorld.policy(),
    name: String = "gate.git", live: Bool = false
  ) throws {
    box = try Sandbox()
    format = way.format
    mirror = Repo(box: box, path: box.path("mirror.git"))
    try box.must(["git", "init", "-q", "--bare", "--template=", "--object-format=\(format)", mirror.path])
    try Files.makeFolder("\(mirror.path)/hooks")
    gate = try Stargate.make(box, name, format, policy: policy, mirror: mirror.path)
    try gate.skipFsync()
    server = way.transport == .ssh ? try SSHServer(box) : nil
    try box.must(["git", "config", "--file", box.path("gitconfig"), "user.signingKey", Keys.writer.path])
    if !live { try idle() }
  }

  /// From now on pushes are noted in the journal and start no worker.
  func idle() throws { try gate.idle() }

  /// From now on every push starts a worker.
  func wake() throws { try Files.link("\(gate.path)/hooks/post-receive", to: "\(Installed.libexec)/kv-post-receive") }

  /// What developers put in as the address to push to.
  var url: String { server.map { $0.url(gate.path) } ?? gate.path }

  /// A new work tree with the policy in it, set up as a developer does it.
  func clone(_ name: String) throws -> Clone {
    let path = box.path(name)
    try box.must(["git", "init", "-q", "--object-format=\(format)", path])
    let clone = Clone(repo: Repo(box: box, path: path))
    try clone.repo.must("remote", "add", "origin", mirror.path)
    try Files.makeFolder("\(path)/.kv")
    let policy = try Files.text(gate.policyFile)
    try Files.write(
      "\(path)/.kv/policy.yaml", policy.replacing("stargate:\n", with: "stargate:\n  push_url: \(JSON.quote(url))\n"))
    try clone.must("remote", "setup")
    return clone
  }

  /// A developer whose pushes have begun these namespaces.
  func start(_ name: String = "w", _ spaces: [String] = ["main"]) throws -> Clone {
    let clone = try clone(name)
    for ns in spaces {
      try clone.must("init", "--ns", ns, "--epoch", "2026Q4")
      try clone.must("push", "--ns", ns)
    }
    return clone
  }

  var workerCommand: [String] { ["\(Installed.libexec)/kv-mirror-worker", "--repo", gate.path] }

  /// Runs the worker to its end.
  @discardableResult
  func worker(_ arguments: String..., limit: Double = 60) throws -> Outcome {
    try box.run(workerCommand + arguments, limit: limit)
  }

  /// Runs `git kv stargate …` in the Stargate's own repository.
  @discardableResult
  func stargate(_ arguments: String..., key: SigningKey? = nil, env: [String: String] = [:]) throws -> Outcome {
    try stargate(arguments, key: key, env: env)
  }

  func stargate(_ arguments: [String], key: SigningKey? = nil, env: [String: String] = [:]) throws -> Outcome {
    let signing = key.map { ["-c", "user.signingKey=\($0.path)"] } ?? []
    return try box.run(["git"] + signing + ["kv", "stargate"] + arguments, in: gate.path, env: env)
  }

  func status() throws -> JSON {
    let outcome = try stargate("status", "--json")
    guard outcome.ok, let json = JSON(outcome.text) else { throw Broken("\(outcome.text)\(outcome.errors)") }
    return json
  }

  /// Makes a hook of the mirror, which is an ordinary git host.
  func mirrorHook(_ name: String, _ script: String) throws {
    try Files.write("\(mirror.path)/hooks/\(name)", "#!/bin/sh\n\(script)\n", mode: 0o755)
  }

  /// Counts the pushes that the mirror takes from now on.
  func countPushes() throws {
    try mirrorHook("post-receive", "exec >>'\(box.path("pushed"))'; cat; echo")
  }

  /// The pushes that the mirror has taken: the names of the refs of each, in its order.
  func pushes() throws -> [[String]] {
    guard Files.exists(box.path("pushed")) else { return [] }
    return try Files.text(box.path("pushed")).split(separator: "\n\n").map { push in
      push.split(separator: "\n").map { String($0.split(separator: " ")[2]) }
    }
  }
}
