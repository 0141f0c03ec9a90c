/// What becomes of ordinary branches and tags that a push carries.
struct BranchRule {
  let git: Git

  /// Throws `.policy` where the policy does not let them stay here.
  func check(_ updates: [RefUpdate], _ policy: Policy?) throws(Rejection) {
    guard let first = updates.first else { return }
    let name = first.ref.description.quoted
    let mode: StargatePolicy.BranchMode
    if let said = policy?.stargate.branches { mode = said } else { mode = try defaultMode() }
    switch mode {
    case .local: return
    case .reject:
      throw .policy("\(name): this Stargate takes transactions only", hint: "push branches to the mirror's url")
    case .relay:
      throw .policy(
        "\(name): relaying branches to the mirror is not available in this version",
        hint: "push branches to the mirror's url, or set 'branches: local'")
    }
  }

  /// Branches are relayed where there is a mirror, and kept where there is none.
  private func defaultMode() throws(Rejection) -> StargatePolicy.BranchMode {
    let mirror = try git.run(["config", "--get", "remote.github-origin.url"])
    return mirror.status == 0 ? .relay : .local
  }
}
