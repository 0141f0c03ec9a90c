/// What branches and tags the mirror is known to have had: `refs/kv-tracking/branches/<name below refs/>`.
///
/// This tells a branch that was deleted on the mirror from one that only this Stargate ever had.
struct BranchMemory {
  private static let tracking = "refs/kv-tracking/branches/"

  let git: Git

  init(_ git: Git) { self.git = git }

  /// Whether a name is that of a branch or tag that both have; the showroom's branches are the mirror's alone.
  static func isShared(_ name: String) -> Bool {
    guard !name.utf8.starts(with: "refs/heads/kv/".utf8) else { return false }
    return name.utf8.starts(with: "refs/heads/".utf8) || name.utf8.starts(with: "refs/tags/".utf8)
  }

  /// Branches and tags as they are here, and as the mirror had them.
  func read() throws(Rejection) -> (here: [String: ObjectID], known: [String: ObjectID]) {
    var here: [String: ObjectID] = [:]
    var known: [String: ObjectID] = [:]
    for (name, id) in try git.refs(["refs/heads/", "refs/tags/", Self.tracking]) {
      if name.utf8.starts(with: Self.tracking.utf8) {
        known["refs/" + name.dropFirst(Self.tracking.count)] = id
      } else if Self.isShared(name) {
        here[name] = id
      }
    }
    return (here, known)
  }

  /// Notes what the mirror has taken, where it is what stands here; nil: it has it no longer.
  func note(_ relayed: [String: ObjectID?]) throws(Rejection) {
    let (here, known) = try read()
    let news = relayed.filter { name, id in Self.isShared(name) && here[name] == id && known[name] != id }
    let gone = news.filter { $0.value == nil }.map { line($0.key, nil) }
    // A name may stand where another one's folder was.
    for lines in [gone, news.filter { $0.value != nil }.map { line($0.key, $0.value) }] where !lines.isEmpty {
      try git.run(
        ["-c", "core.hooksPath=/dev/null", "update-ref", "--stdin"], input: Array(lines.joined().utf8)
      ).check("git update-ref")
    }
  }

  /// The line for `git update-ref --stdin` that notes one name.
  func line(_ name: String, _ id: ObjectID?) -> String {
    let ref = Self.tracking + name.dropFirst("refs/".count)
    return id.map { "update \(ref) \($0)\n" } ?? "delete \(ref)\n"
  }
}
