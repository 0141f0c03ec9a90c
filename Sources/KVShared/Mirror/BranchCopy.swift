/// Brings this Stargate's branches and tags to where the mirror has them, where pushes to them are relayed.
///
/// A branch moves on the mirror without us, when it is merged there, and git compares a push with what we show. So the
/// mirror decides; but what only we have, and it is not known to have had, is kept.
public struct BranchCopy {
  /// What a copy has done.
  public struct Outcome: Equatable, Sendable {
    /// Branches and tags that were made, moved or deleted here.
    public var moved: [String] = []
    /// Those that hold something here which the mirror never had; nothing was done to them.
    public var kept: [String] = []
  }

  let station: Station
  let remote: MirrorRemote

  public init(_ station: Station, _ remote: MirrorRemote) {
    self.station = station
    self.remote = remote
  }

  private typealias Step = (name: String, old: ObjectID?, new: ObjectID?)

  /// Compares, and takes over what differs. Throws `.io`.
  /// - Parameter found: `refs/heads/*` and `refs/tags/*` of the mirror, where they were just asked for.
  @discardableResult
  public func refresh(found: [String: ObjectID]? = nil) throws(Rejection) -> Outcome {
    let memory = BranchMemory(station.git)
    // Read before the mirror is: what a push moves between the two is seen to have moved.
    let (here, known) = try memory.read()
    let there = if let found { found } else { try list() }
    var outcome = Outcome()
    var steps: [Step] = []
    var sound: [String: ObjectID?] = [:]
    let names = Set(here.keys).union(known.keys).union(there.keys).filter(BranchMemory.isShared)
    let changed = names.filter { here[$0] != there[$0] }
    try fetch(changed.filter { there[$0] != nil })
    for name in names.sorted() {
      let (old, new) = (here[name], there[name])
      if old == new {
        sound.updateValue(new, forKey: name)
        continue
      }
      var isTheirs = old == nil || old == known[name]
      if !isTheirs { isTheirs = try isForward(name, old, new) }
      if isTheirs { steps.append((name, old, new)) } else { outcome.kept.append(name) }
    }
    try memory.note(sound)
    guard !steps.isEmpty, let lock = try BranchLock.alone(in: station.repository) else { return outcome }
    let now = try memory.read().here
    try take(steps.filter { now[$0.name] == $0.old }, &outcome)
    _ = lock
    return outcome
  }

  private func list() throws(Rejection) -> [String: ObjectID] {
    do throws(MirrorFault) {
      return try remote.refs(["refs/heads/*", "refs/tags/*"], remote.talking(station.git, station.config))
    } catch {
      throw .io("the mirror's branches cannot be read: \(error.message)")
    }
  }

  private func isForward(_ name: String, _ old: ObjectID?, _ new: ObjectID?) throws(Rejection) -> Bool {
    guard let old, let new, name.utf8.starts(with: "refs/heads/".utf8) else { return false }
    return try station.ancestry.isAncestor(old, of: new)
  }

  /// Brings the objects, and moves no ref: the lock is not for as long as that takes.
  private func fetch(_ names: some Collection<String>) throws(Rejection) {
    guard !names.isEmpty else { return }
    try remote.talking(station.git, station.config).run(
      [
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance",
        "--no-show-forced-updates", "--stdin", remote.url,
      ], input: Array(names.map { "\($0)\n" }.joined().utf8)
    ).check("fetching the mirror's branches")
  }

  /// Moves refs, all at once where git can, with the memory of each.
  private func take(_ steps: [Step], _ outcome: inout Outcome) throws(Rejection) {
    let memory = BranchMemory(station.git)
    // Deletions first: a name may stand where another one's folder was.
    for some in [steps.filter { $0.new == nil }, steps.filter { $0.new != nil }] where !some.isEmpty {
      let lines = some.map { name, old, new in
        let zero = station.format.zeroHex
        let ref = new.map { "update \(name) \($0) \(old?.hex ?? zero)\n" } ?? "delete \(name) \(old?.hex ?? zero)\n"
        return ref + memory.line(name, new)
      }
      if try move(lines.joined()) {
        outcome.moved += some.map(\.name)
      } else {
        for (step, line) in zip(some, lines) {
          if try move(line) { outcome.moved.append(step.name) } else { outcome.kept.append(step.name) }
        }
      }
    }
  }

  private func move(_ lines: String) throws(Rejection) -> Bool {
    try station.git.run(["update-ref", "--stdin"], input: Array(lines.utf8)).status == 0
  }
}
