/// A store of three epochs with a clock of its own: each transaction has a day of November 2026 as its date.
///
/// `k` is set (2nd), goes into chunks (3rd), is deleted in the second epoch (6th), set again (7th), and set by another
/// writer in the third (9th).
struct HistoryWorld {
  let world: MirrorWorld
  /// The developer who made all this.
  var dev: Clone

  static let big = String(repeating: "0123456789", count: 3000)

  init(_ format: ObjectFormat = .sha1) throws {
    world = try MirrorWorld(
      Way(format: format, transport: .path), policy: MirrorWorld.policy(more: "max_value_inline: 4KiB"))
    dev = try world.clone("w")
    try on(1) { try $0.must("init", "--epoch", "E1") }
    try on(1) { try $0.must("push") }
    try on(2) { try $0.must("set", "k", "one") }
    try on(3) { try $0.must("set", "k", "--value", Self.big) }
    try on(4) { try $0.must("set", "other", "x", "--ttl", "2026-11-05T00:00:00Z") }
    try on(5) { clone in try clone.asAdmin { try clone.must("epoch", "new", "--label", "E2") } }
    try on(6) { try $0.must("del", "k") }
    try on(7) {
      try $0.must("set", "k", "two", "--message", "k: again\n\nat last", "--trailer", "Approved-by: Ada <a@b.org>")
    }
    try on(8) { clone in try clone.asAdmin { try clone.must("epoch", "new", "--label", "E3") } }
    try on(9) { clone in
      try clone.repo.must("config", "user.signingKey", Keys.second.path)
      try clone.must("set", "k", "three")
      try clone.repo.must("config", "--unset", "user.signingKey")
    }
    guard try world.worker("--once").ok else { throw Broken("the worker failed") }
  }

  static func day(_ day: Int) -> String { "2026-11-\(day < 10 ? "0" : "")\(day)T10:00:00Z" }

  /// Does something on a day, at 10 o'clock.
  @discardableResult
  func on<Result>(_ day: Int, _ body: (Clone) throws -> Result) throws -> Result {
    try body(Self.on(day, dev))
  }

  static func on(_ day: Int, _ clone: Clone) -> Clone {
    at(Self.day(day), clone)
  }

  /// A clone whose clock stands.
  static func at(_ clock: String, _ clone: Clone) -> Clone {
    var clone = clone
    (clone.env["GIT_COMMITTER_DATE"], clone.env["KV_NOW"]) = (clock, clock)
    return clone
  }

  /// A new clone on the 20th, which has seen the last epoch and no more.
  func fresh(_ name: String) throws -> Clone {
    let clone = Self.on(20, try world.clone(name))
    try clone.must("get", "k")
    return clone
  }
}

extension Outcome {
  /// The objects that a command printed with --json.
  var lines: [JSON] { text.split(separator: "\n").compactMap { JSON(String($0)) } }

  /// Whether it ended like this.
  func failed(_ code: Int32, _ says: String) -> Bool { status == code && errors.contains(says) && out.isEmpty }
}
