/// What `git receive-pack` refuses only after `pre-receive` has agreed: too late once the mirror has agreed as well.
struct LateRefusals {
  let repository: String
  /// Ours, outside the quarantine, where refs may be locked.
  let git: Git
  let config: GitConfig

  /// Throws `.policy` for what the configuration forbids, code 2 for a ref that has moved or is about to.
  /// - Parameter updates: every line of the push.
  func check(_ relayed: [RelayUpdate], in updates: [RefUpdate]) throws(Rejection) {
    if let stray = relayed.first(where: { !$0.name.utf8.starts(with: "refs/".utf8) }) {
      throw .policy("\(stray.name.quoted) is not the name of a branch or tag", hint: "push to 'refs/heads/…'")
    }
    for update in relayed where update.isBranch { try checkSettings(update) }
    try rehearse(updates)
  }

  private func checkSettings(_ update: RelayUpdate) throws(Rejection) {
    let name = update.name.quoted
    switch update.kind {
    case .forward: return
    case .rewrite where isSet("receive.denynonfastforwards"):
      throw .policy(
        "\(name) would lose commits, and 'receive.denyNonFastForwards' is set on this Stargate",
        hint: "push it under a new name, or force it at the mirror's url")
    case .deletion where isSet("receive.denydeletes"):
      throw .policy(
        "\(name) may not be deleted: 'receive.denyDeletes' is set on this Stargate",
        hint: "delete it at the mirror's url")
    case .deletion where keepsCurrent:
      let head = try IO.readFile("\(repository)/HEAD", limit: 4096) ?? []
      guard head.elementsEqual("ref: \(update.name)\n".utf8) else { return }
      throw .policy(
        "\(name) may not be deleted: it is the current branch of this Stargate",
        hint: "'receive.denyDeleteCurrent' lets it go")
    case .rewrite, .deletion: return
    }
  }

  private func isSet(_ key: String) -> Bool { config[key] != nil && config.bool(key) != false }

  private var keepsCurrent: Bool {
    let value = config["receive.denydeletecurrent"]?.lowercased()
    return value != "ignore" && value != "warn" && (value == nil || config.bool("receive.denydeletecurrent") != false)
  }

  /// Lets git prepare the very change of refs that it will make, and abort it: it compares and locks every ref, and sees
  /// names that stand in each other's way and branches that are no commits.
  private func rehearse(_ updates: [RefUpdate]) throws(Rejection) {
    let lines = updates.map { update in
      let (name, zero) = (update.ref.description, update.format.zeroHex)
      guard let new = update.new.id else { return "delete \(name) \(update.old.id?.hex ?? zero)\n" }
      return "update \(name) \(new) \(update.old.id?.hex ?? zero)\n"
    }
    let answer = try git.run(
      ["-c", "core.hooksPath=/dev/null", "update-ref", "--stdin"],
      input: Array("start\n\(lines.joined())prepare\nabort\n".utf8))
    if answer.status != 0 { throw Self.rejection(answer) }
  }

  private static func rejection(_ answer: ChildResult) -> Rejection {
    let mark = "fatal: prepare: "
    let lines = String(decoding: answer.errors, as: UTF8.self).split(separator: "\n").map(String.init)
    // Advice for those who find a stale lock may follow.
    let said = lines.first { $0.hasPrefix("fatal: ") } ?? lines.last ?? "git exited with \(answer.status)"
    let words = (said.hasPrefix(mark) ? String(said.dropFirst(mark.count)) : said).printable
    if words.contains("; cannot create") || words.contains("at the same time") {
      return .policy("two names cannot stand together: \(words)", hint: "choose another name")
    }
    guard words.contains("cannot lock ref") else {
      return .policy("git would refuse it: \(words)", hint: "nothing has been changed")
    }
    return .branchMoved(words)
  }
}
