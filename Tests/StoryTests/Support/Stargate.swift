import Glibc

enum ObjectFormat: String, Sendable, CaseIterable, CustomStringConvertible {
  case sha1, sha256

  var width: Int { self == .sha1 ? 40 : 64 }
  var zero: String { String(repeating: "0", count: width) }
  var emptyTree: String { self == .sha1 ? Self.emptyTrees.0 : Self.emptyTrees.1 }
  var description: String { rawValue }

  private static let emptyTrees = (sha1.id("tree", []), sha256.id("tree", []))

  func id(_ kind: String, _ bytes: [UInt8]) -> String {
    let whole = Array("\(kind) \(bytes.count)\0".utf8) + bytes
    return Digest.hex(self == .sha1 ? Digest.sha1(whole) : Digest.sha256(whole))
  }
}

/// A bare repository with the hooks, as the server has it.
struct Stargate: Sendable {
  let repo: Repo
  let format: ObjectFormat

  var path: String { repo.path }
  var policyFile: String { "\(path)/.kv/policy.yaml" }
  var leaderFile: String { "\(path)/.stargate-leader" }
  var journal: String { "\(path)/.stargate/journal.ndjson" }

  static let hookPrograms = [
    "pre-receive": "kv-pre-receive", "update": "kv-update", "reference-transaction": "kv-update",
    "post-receive": "kv-post-receive",
  ]

  /// Makes one as an operator does, with install.sh; `hooked: false` is a bare repository that takes anything.
  static func make(
    _ box: Sandbox, _ name: String, _ format: ObjectFormat = .sha1, policy: String, mirror: String? = nil,
    hooked: Bool = true
  ) throws -> Stargate {
    let path = box.path(name)
    let gate = Stargate(repo: Repo(box: box, path: path), format: format)
    guard hooked else {
      try box.must(["git", "init", "-q", "--bare", "--template=", "--object-format=\(format)", path])
      return gate
    }
    let installer = "\(Installed.project)/install.sh"
    if Files.exists(installer) && Installed.setting("KV_TEST_BY_HAND") == nil {
      let policyPath = box.path("\(name).policy.yaml")
      try Files.write(policyPath, policy)
      let role = mirror.map { ["--mirror", $0] } ?? []
      try box.must(
        [
          installer, "--from", Installed.prefix, "--prefix", Installed.prefix, "--repo", path, "--policy", policyPath,
          "--object-format", format.rawValue,
        ] + role)
    } else {
      try gate.assemble(policy)
      if let mirror { try gate.repo.must("config", "remote.github-origin.url", mirror) }
    }
    return gate
  }

  /// What install.sh does, by hand, for the time before there is one.
  private func assemble(_ policy: String) throws {
    try repo.box.must(["git", "init", "-q", "--bare", "--template=", "--object-format=\(format)", path])
    for folder in ["hooks", ".kv", ".stargate"] { try Files.makeFolder("\(path)/\(folder)") }
    for (hook, program) in Self.hookPrograms {
      try Files.link("\(path)/hooks/\(hook)", to: "\(Installed.libexec)/\(program)")
    }
    let settings = [
      "core.fsync": "committed,loose-object", "receive.fsckObjects": "true", "receive.autogc": "false",
      "receive.denyDeletes": "true", "receive.denyNonFastForwards": "true", "core.logAllRefUpdates": "false",
    ]
    for (name, value) in settings { try repo.must("config", name, value) }
    try setPolicy(policy)
    try setLeader(try repo.box.must(["uname", "-n"]))
  }

  func setPolicy(_ text: String) throws { try Files.write(policyFile, text) }

  func setLeader(_ host: String) throws {
    try Files.write(leaderFile, "{\"host\":\(JSON.quote(host)),\"term\":1}\n")
  }

  /// From now on pushes are noted in the journal and start no worker: for tests that look at nothing it does.
  func idle() throws {
    try Files.link("\(path)/hooks/post-receive", to: "\(try Self.idlePrograms.get())/kv-post-receive")
  }

  /// A folder in which a worker that does nothing stands beside the hook.
  private static let idlePrograms = Result {
    let folder = Keys.box.path("idle")
    try Files.makeFolder(folder)
    try Keys.box.must(["cp", "\(Installed.libexec)/kv-post-receive", folder])
    try Files.write("\(folder)/kv-mirror-worker", "#!/bin/sh\n", mode: 0o755)
    return folder
  }

  /// Tests that wait for the disk tell nothing more; the crash tests leave this out.
  func skipFsync() throws { try repo.must("config", "core.fsync", "none") }
}

/// What a refused push must leave as it was: refs, objects, every file but those of the journal's making.
struct Snapshot: Equatable, Sendable {
  var refs: [String: String]
  var files: [String]

  /// Takes it once the workers of earlier pushes have gone home.
  init(_ gate: Stargate) throws {
    try gate.repo.box.untilQuiet()
    refs = try gate.repo.refs()
    // git makes empty fan-out folders in the quarantine and may leave lock-free scratch in none of these.
    files = Files.tree(gate.path).filter { !$0.hasPrefix(".stargate/") && !$0.hasPrefix("hooks/") }
  }

  /// What is there now and was not, or was and is not.
  func changes(since old: Snapshot) -> [String] {
    var found: [String] = []
    for name in Set(refs.keys).union(old.refs.keys).sorted() where refs[name] != old.refs[name] {
      found.append("ref \(name): \(old.refs[name] ?? "none") -> \(refs[name] ?? "none")")
    }
    let (now, before) = (Set(files), Set(old.files))
    found += now.subtracting(before).sorted().map { "left behind: \($0)" }
    found += before.subtracting(now).sorted().map { "gone: \($0)" }
    return found
  }
}
