/// Pushes the branches and tags of a push on to the mirror, which has the last word on them.
///
/// It is the last step of `pre-receive`, when all else is proved: what the mirror has taken cannot be taken back, and
/// what it refuses is refused here, so that both show the same. The objects are still in quarantine.
struct BranchRelay {
  let repository: String
  let git: Git
  let config: GitConfig
  let remote: MirrorRemote
  let atomic: StargatePolicy.Atomic
  let branches: [RefUpdate]

  /// Returns once the mirror has taken everything.
  /// - Parameter updates: every line of the push.
  func run(in updates: [RefUpdate]) throws(Rejection) {
    let lock = try BranchLock.shared(in: repository)
    var outside = git
    // It forbids changes of refs, and git does not keep it from a mirror on the same machine.
    outside.environment["GIT_QUARANTINE_PATH"] = nil
    let relayed = try branches.map { (update) throws(Rejection) in try RelayUpdate(update, git) }
    try LateRefusals(repository: repository, git: outside, config: config).check(relayed, in: updates)
    let mirror = remote.talking(outside, config)
    try push(try due(relayed, mirror), mirror)
    lock.keep(for: relayed)
  }

  /// What is left to push: a branch that is not there need not be deleted.
  private func due(_ relayed: [RelayUpdate], _ git: Git) throws(Rejection) -> [RelayUpdate] {
    let deleted = relayed.filter { $0.kind == .deletion }.map(\.name)
    guard !deleted.isEmpty else { return relayed }
    do throws(MirrorFault) {
      let there = try remote.refs(deleted, git)
      return relayed.filter { $0.kind != .deletion || there[$0.name] != nil }
    } catch {
      throw error.whileRelaying
    }
  }

  private func push(_ updates: [RelayUpdate], _ git: Git) throws(Rejection) {
    guard !updates.isEmpty else { return }
    // One ref moves or does not, whatever the host can do.
    let isAtomic = atomic == .always || (atomic == .auto && updates.count > 1)
    guard case .notAtomic = try push(updates, git, isAtomic: isAtomic) else { return }
    guard atomic == .auto else {
      throw .policy(
        "the mirror takes no atomic pushes, and the policy asks for them", hint: "set 'atomic: auto' under 'mirror'")
    }
    _ = try push(updates, git, isAtomic: false)
  }

  private func push(
    _ updates: [RelayUpdate], _ git: Git, isAtomic: Bool
  ) throws(Rejection) -> RelayVerdict.Outcome {
    // To the url and not to the remote's name: no tracking ref may move here.
    let arguments =
      ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--no-signed"]
      + (isAtomic ? ["--atomic"] : ["--no-atomic"]) + updates.compactMap(\.lease) + [remote.url] + updates.map(\.spec)
    var remarks = MirrorRemarks()
    let answer = try git.run(arguments) { remarks.hear($0) }
    remarks.end()
    return try RelayVerdict(remote: remote, updates: updates, isAtomic: isAtomic).judge(answer, remarks)
  }
}
