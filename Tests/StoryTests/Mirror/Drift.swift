import Testing

/// Something that somebody did to a mirror by hand.
struct Drift: Sendable, CustomTestStringConvertible {
  enum Action: String, Sendable { case create, forward, watermark, overwrite, delete }

  let testDescription: String
  /// What it befell.
  let ref: String
  /// How the worker tells of it.
  let words: String
  /// What would undo it.
  let action: Action
  let change: @Sendable (Repo) throws -> Void

  static let all = [
    Drift("a commit on a ledger", "refs/kv/main", "which is not of this Stargate's making", .overwrite) {
      try move($0, "refs/kv/main", to: commit($0, ["refs/kv/main^{tree}", "-p", "refs/kv/main"]))
    },
    Drift("another history", "refs/kv-index/main", "which is not of this Stargate's making", .overwrite) {
      try move($0, "refs/kv-index/main", to: commit($0, ["refs/kv-index/main^{tree}"]))
    },
    Drift("an event", "refs/kv-watchlog/main@2026Q4", "which is not of this Stargate's making", .overwrite) {
      let log = "refs/kv-watchlog/main@2026Q4"
      try move($0, log, to: commit($0, ["\(log)^{tree}", "-p", "\(log)~1"]))
    },
    Drift("a deleted ref", "refs/kv-index/main", "is missing on the mirror", .create) {
      try $0.must("update-ref", "-d", "refs/kv-index/main")
    },
    Drift("a rewound ref", "refs/kv/main", "was moved back", .forward) {
      try move($0, "refs/kv/main", to: $0.must("rev-parse", "refs/kv/main~2"))
    },
    Drift("an older watermark", "refs/kv-mirror/main", "was moved back", .watermark) {
      try move($0, "refs/kv-mirror/main", to: $0.must("rev-parse", "refs/kv-mirror/main~1"))
    },
    Drift("a forged watermark", "refs/kv-mirror/main", "which is not of this Stargate's making", .watermark) {
      try move($0, "refs/kv-mirror/main", to: commit($0, ["refs/kv/main^{tree}"]))
    },
    Drift("no watermark", "refs/kv-mirror/main", "is missing on the mirror", .watermark) {
      try $0.must("update-ref", "-d", "refs/kv-mirror/main")
    },
    Drift("an unknown namespace", "refs/kv/stray", "is on the mirror and not here", .delete) {
      try move($0, "refs/kv/stray", to: $0.must("rev-parse", "refs/kv/main"))
    },
    Drift("an unknown epoch", "refs/kv-chunks/main@1999Q1", "is on the mirror and not here", .delete) {
      try move($0, "refs/kv-chunks/main@1999Q1", to: commit($0, ["refs/kv/main^{tree}"]))
    },
  ]

  private init(
    _ name: String, _ ref: String, _ words: String, _ action: Action,
    _ change: @escaping @Sendable (Repo) throws -> Void
  ) {
    (testDescription, self.ref, self.words, self.action, self.change) = (name, ref, words, action, change)
  }

  /// Whether its namespace waits until somebody has looked into it.
  var holds: Bool { action != .delete }

  private static func move(_ mirror: Repo, _ ref: String, to id: String) throws {
    try mirror.must("update-ref", ref, id)
  }

  private static func commit(_ mirror: Repo, _ arguments: [String]) throws -> String {
    try mirror.box.must(["git", "commit-tree", "-m", "by hand"] + arguments, in: mirror.path)
  }
}

/// A Stargate that is ahead of its mirror by a transaction in each of two namespaces, and how to get there again.
struct DriftScene {
  let world: MirrorWorld
  /// What the mirror had, and has to have.
  let before: [String: String]
  let after: [String: String]

  init() throws {
    world = try MirrorWorld()
    let clone = try world.start("w", MirrorWorld.namespaces)
    for i in 0..<3 { try clone.must("set", "cfg:\(i)", "x") }
    guard try world.worker("--once").status == 0 else { throw Broken("the worker does not work") }
    before = try world.mirror.refs()
    try world.box.must(["cp", "-r", world.mirror.path, world.box.path("saved-mirror")])
    for ns in MirrorWorld.namespaces { try clone.must("set", "cfg:new", "x", "--ns", ns) }
    try world.box.must(["cp", "-r", world.gate.path, world.box.path("saved-gate")])
    guard try world.worker("--once").status == 0 else { throw Broken("the worker does not work") }
    after = try world.mirror.refs()
  }

  /// Brings refs and journal back, and the drift onto the mirror; returns what the mirror holds then.
  func begin(_ drift: Drift) throws -> [String: String] {
    let script = """
      for repo in gate mirror; do rm -rf $repo.git/refs $repo.git/packed-refs; cp -r saved-$repo/refs $repo.git; done
      cp saved-gate/.stargate/journal.ndjson gate.git/.stargate/
      """
    try world.box.must(["sh", "-e", "-c", script])
    try drift.change(world.mirror)
    return try world.mirror.refs()
  }

  /// What the mirror holds apart from the term, which moves with every push.
  func shown() throws -> [String: String] { Self.plain(try world.mirror.refs()) }

  static func plain(_ refs: [String: String]) -> [String: String] { refs.filter { $0.key != "refs/kv-term/leader" } }

  /// The refs of a namespace as they should be, all others as they are.
  func forward(_ refs: [String: String], _ spaces: [String]) -> [String: String] {
    let theirs = after.filter { name, _ in spaces.contains { name.hasSuffix("/\($0)") || name.contains("/\($0)@") } }
    return Self.plain(refs).merging(theirs) { $1 }
  }
}
