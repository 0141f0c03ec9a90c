import Glibc
import KVShared

/// Talks to remotes through git.
struct Transport {
  let clone: Clone
  let remote: Remote
  let namespace: Namespace
  /// Seconds that one git command may take; nil for any.
  var limit: Double?

  private static let fetches = 8

  /// Fetches what a remote shows of the namespace into the tracking refs of a view.
  /// Throws `.io` where the remote cannot be reached.
  func fetch(_ view: View, from url: String) throws(Rejection) {
    let store = RefStore(clone: clone, namespace: namespace)
    var pause = Backoff()
    // A fetch may fall between two refs of somebody's push; a later one sees both.
    for _ in 1..<Self.fetches {
      try fetch(["kv", "kv-index", "kv-epoch"].map { "\($0)/\(namespace)*" }, view, from: url)
      if (try? store.tips(view)) != nil { return }
      pause.sleep()
    }
    try fetch(["kv", "kv-index", "kv-epoch"].map { "\($0)/\(namespace)*" }, view, from: url)
    _ = try store.tips(view)
  }

  /// Fetches some refs, named below `refs/`, into the tracking refs of a view; of those named by a pattern, one that is
  /// gone there goes here too. Throws `.io` where the remote cannot be reached.
  func fetch(_ names: [String], _ view: View, from url: String) throws(Rejection) {
    let refs = names.map { "+refs/\($0):refs/kv-tracking/\(view.rawValue)/\($0)" }
    let answer = try git(for: url).run(Self.fetchOptions + ["--atomic", "--prune", url] + refs)
    guard answer.status == 0 else {
      throw .io(
        "cannot fetch from \(url.quoted): \(Self.reason(answer))",
        hint: "check the url and your access; "
          + (view == .mirror ? "--read-from=stargate reads round it, " : "") + "--offline reads what is here")
    }
  }

  /// What refs hold at a place, of those that match some patterns of `git ls-remote`.
  func refs(_ patterns: [String], at url: String) throws(MirrorFault) -> [String: ObjectID] {
    try MirrorRemote(url: url).refs(patterns, git(for: url))
  }

  /// Nothing is written but objects and the refs asked for.
  static let fetchOptions = [
    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance",
    "--no-show-forced-updates",
  ]

  /// How a push ended.
  enum Outcome {
    case accepted
    /// Somebody else was faster.
    case lostRace(Rejection)
  }

  /// Pushes commits to refs in one atomic push. Throws what the Stargate said, or `.io` where it could not be reached.
  /// - Parameters:
  ///   - leases: refs that move whatever they held, if they hold just that.
  ///   - grafts: what the first commits of an epoch go on from.
  ///   - home: lends the chunks, where some are pushed.
  func push(
    _ refs: [(id: ObjectID, ref: KVRef)], leases: [KVRef: ObjectID] = [:], grafts: Grafts? = nil,
    chunksIn home: ChunkHome?,
    isLarge: Bool, progress: Bool
  ) throws(Rejection) -> Outcome {
    var arguments = [
      "push", "--porcelain", "--atomic", "--no-follow-tags", "--recurse-submodules=no",
      progress ? "--progress" : "--no-progress",
    ]
    // Searching a large transaction for deltas costs more time than the bytes it saves.
    if isLarge { arguments = ["-c", "pack.window=0"] + arguments }
    arguments += leases.map { "--force-with-lease=\($0.key):\($0.value)" }.sorted()
    arguments.append(remote.pushURL)
    arguments += refs.map { "\($0.id):\($0.ref)" }
    var git = git(for: remote.pushURL)
    grafts?.apply(to: &git)
    let answer = try (home?.borrowing(git) ?? git).run(arguments) { bytes in
      if progress { try? IO.write(Array(bytes), to: 2, "standard error") }
    }
    if answer.status == 0 { return .accepted }
    if let said = RemoteVerdict(errors: answer.errors).rejection {
      if said.code == .conflict { return .lostRace(said) }
      throw said
    }
    if let reason = PushReport(porcelain: answer.output).lostRace {
      return .lostRace(.lostRace("the push was refused: \(reason)"))
    }
    throw .io(
      "cannot push to \(remote.pushURL.quoted): \(PushReport(porcelain: answer.output).refusal ?? Self.reason(answer))",
      hint: "nothing has been changed")
  }

  func git(for url: String) -> Git {
    var git = clone.git
    SSHMultiplex(config: clone.config).apply(to: &git, url: url)
    guard let limit, limit.isFinite else { return git }
    git.limit = limit
    // What git leaves behind when it is ended does not stay for long.
    SSHCommand(clone.config).add("-o ConnectTimeout=\(max(1, Int(min(limit, 60))))", to: &git, url: url)
    return git
  }

  /// The line in which git says what went wrong.
  static func reason(_ answer: ChildResult) -> String {
    // ssh ends its lines as terminals want them.
    let lines = String(decoding: answer.errors, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    let line =
      lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") || $0.hasPrefix("ssh: ") } ?? lines.first
    return line ?? "git exited with \(answer.status)"
  }
}
