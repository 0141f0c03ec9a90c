import Glibc
import KVShared

/// Talks to remotes through git.
struct Transport {
  let clone: Clone
  let remote: Remote
  let namespace: Namespace

  /// Fetches what a remote shows of the namespace into the tracking refs of a view.
  /// Throws `.io` where the remote cannot be reached.
  func fetch(_ view: View, from url: String) throws(Rejection) {
    let refs = ["kv", "kv-index", "kv-epoch"].map {
      "+refs/\($0)/\(namespace)*:refs/kv-tracking/\(view.rawValue)/\($0)/\(namespace)*"
    }
    let store = RefStore(clone: clone, namespace: namespace)
    // A fetch may fall between two refs of somebody's push; the next one sees both.
    for attempt in 0..<6 {
      let answer = try git(for: url).run(
        Self.fetchOptions + ["--atomic", url] + refs)
      guard answer.status == 0 else {
        throw .io(
          "cannot fetch from \(url.quoted): \(Self.reason(answer))",
          hint: "check the url and your access; --offline reads what is here")
      }
      if attempt == 5 { break }
      if (try? store.tips(view)) != nil { return }
    }
    _ = try store.tips(view)
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
  /// - Parameter home: lends the chunks, where some are pushed.
  func push(
    _ refs: [(id: ObjectID, ref: KVRef)], chunksIn home: ChunkHome?, isLarge: Bool, progress: Bool
  ) throws(Rejection) -> Outcome {
    var arguments = [
      "push", "--porcelain", "--atomic", "--no-follow-tags", "--recurse-submodules=no",
      progress ? "--progress" : "--no-progress",
    ]
    // Searching a large transaction for deltas costs more time than the bytes it saves.
    if isLarge { arguments = ["-c", "pack.window=0"] + arguments }
    arguments.append(remote.pushURL)
    arguments += refs.map { "\($0.id):\($0.ref)" }
    let git = git(for: remote.pushURL)
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
    return git
  }

  /// The line in which git says what went wrong.
  static func reason(_ answer: ChildResult) -> String {
    let lines = String(decoding: answer.errors, as: UTF8.self).split(separator: "\n").map(String.init)
    let line =
      lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") || $0.hasPrefix("ssh: ") } ?? lines.first
    return line ?? "git exited with \(answer.status)"
  }
}
