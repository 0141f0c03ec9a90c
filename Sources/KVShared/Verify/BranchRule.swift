/// What becomes of ordinary branches and tags that a push carries.
struct BranchRule {
  let repository: String
  let git: Git

  /// Decides, and does nothing yet. Throws `.policy` where the policy does not let them in.
  /// - Returns: the last step of a push whose branches go on to the mirror; nil where they stay here.
  func decide(_ updates: [RefUpdate], _ policy: Policy?) throws(Rejection) -> BranchRelay? {
    guard let first = updates.first else { return nil }
    let rules = policy?.stargate ?? StargatePolicy()
    let name = first.ref.description.quoted
    if rules.mirror.showroom, let shown = updates.first(where: { Self.isShowroom($0.ref.description) }) {
      throw .policy(
        "\(shown.ref.description.quoted) belongs to the showroom, where the mirror shows the ledgers",
        hint: "push it under another name")
    }
    switch rules.branches {
    case .local: return nil
    case .reject:
      throw .policy("\(name): this Stargate takes transactions only", hint: "push branches to the mirror's url")
    case .relay, nil:
      let config = try GitConfig(git)
      if let remote = try MirrorRemote(config) {
        return BranchRelay(
          repository: repository, git: git, config: config, remote: remote, atomic: rules.mirror.atomic,
          branches: updates)
      }
      // Without a word in the policy branches are kept where there is no mirror.
      guard rules.branches == .relay else { return nil }
      throw .policy(
        "\(name): the policy relays branches to the mirror, and this Stargate has none",
        hint: "configure one with 'install.sh --mirror', or set 'branches: local'")
    }
  }

  /// The branches that the worker alone writes on the mirror, and the name that would stand in their way.
  private static func isShowroom(_ name: String) -> Bool {
    name.utf8.starts(with: "refs/heads/kv/".utf8) || name.utf8.elementsEqual("refs/heads/kv".utf8)
  }
}
