/// A Stargate and a mirror of it; clones read from the one and write to the other. What reaches the mirror is put there
/// by hand, so that a test says when.
struct HandMirror: Sendable {
  let world: World
  let mirror: Repo

  init(_ way: Way = Way(format: .sha1, transport: .path), policy: String = World.policy) throws {
    world = try World(way, policy: policy, live: true)
    mirror = Repo(box: world.box, path: world.box.path("mirror.git"))
    try world.box.must(["git", "init", "-q", "--bare", "--object-format=\(way.format)", mirror.path])
  }

  func clone(_ name: String) throws -> Clone {
    let clone = try world.clone(name)
    try clone.repo.must("remote", "set-url", "origin", mirror.path)
    try clone.repo.must("remote", "set-url", "--push", "origin", world.url)
    return clone
  }

  /// A clone that has made the first transaction and pushed it.
  func start(_ name: String = "w") throws -> Clone {
    let clone = try clone(name)
    try clone.must("init", "--epoch", "2026Q4")
    try clone.must("push")
    return clone
  }

  /// The arguments of git that bring the mirror up to date in the Stargate, with the watermark at a ledger commit.
  func pushing(_ ledger: String) -> [String] {
    ["push", "-q", "--force", mirror.path, "refs/kv/main", "refs/kv-index/main", "refs/kv-epoch/main"]
      + ["\(ledger):refs/kv-mirror/main"]
  }

  func show(upTo ledger: String = "refs/kv/main") throws {
    try world.box.must(["git"] + pushing(ledger), in: world.gate.path)
  }

  func showing(upTo ledger: String = "refs/kv/main", once condition: String) -> Command {
    let push = (["git"] + pushing(ledger)).joined(separator: " ")
    return world.box.command(["sh", "-c", "until \(condition); do sleep 0.01; done; \(push)"], in: world.gate.path)
  }

  /// Shows everything again and again until a file is there.
  func worker(until stop: String) -> Command {
    let push = (["git"] + pushing("refs/kv/main")).joined(separator: " ")
    return world.box.command(["sh", "-c", "until [ -e \(stop) ]; do \(push); sleep 0.1; done"], in: world.gate.path)
  }

  /// A commit of the ledger's form that nobody's ledger has.
  func forged() throws -> String {
    try world.box.must(
      ["git", "commit-tree", try mirror.must("mktree"), "-m", "x\n\nKV-NS: main"], in: mirror.path)
  }
}

extension Clone {
  /// The ledger commit that the working copy ends with.
  func tip(_ suffix: String = "") throws -> String { try repo.must("rev-parse", "refs/kv/main\(suffix)") }

  func command(_ arguments: String..., env more: [String: String] = [:]) -> Command {
    repo.box.command(
      ["git", "kv"] + arguments, in: directory ?? repo.path, env: env.merging(more) { $1 }, limit: 30)
  }
}
