import KVShared

/// `git kv stargate sync` on the Stargate: the plan, the admin's signature, the result.
struct Synchronizing {
  let mode: SyncPlan.Mode
  let namespace: Namespace?
  let dryRun: Bool
  let options: GlobalOptions

  private struct Report: Encodable {
    let mode: SyncPlan.Mode
    let plan: [SyncPlan.Item]
  }

  /// Throws `.remote` with `moreToDo` or `syncRefused` where something is left that a mode would do, or would not.
  /// - Parameter sign: signs a challenge as the admin.
  func run(_ repository: String, sign: ([UInt8]) throws(Rejection) -> [UInt8]) throws(Rejection) {
    let turn = try WorkerTurn.wait(in: repository)
    defer { _ = turn.raw }
    let sync = try MirrorSync(try Station(repository: repository), mode, only: namespace)
    try show(sync.plan)
    if !dryRun {
      let challenge = sync.plan.needsAdmin ? sync.challenge() : nil
      try sync.run(
        challenge, signature: try challenge.map { (asked) throws(Rejection) in try sign(Array(asked.text.utf8)) })
    }
    let parted = sync.plan.parted
    if let worst = parted.first {
      throw .syncRefused(
        "the mirror would lose something: \(worst.words)\(parted.count > 1 ? ", and \(parted.count - 1) more" : "")",
        hint: worst.action == .overwrite
          ? "look into it; --force overwrites, for admins"
          : "--hard deletes what the Stargate does not have, for admins"
      )
    }
    guard dryRun || mode == .compare, !sync.plan.items.isEmpty else { return }
    throw .remote(
      .moreToDo, "the mirror is not as it should be",
      hint: mode == .compare ? "--repair heals this, and loses nothing" : "the same without --dry-run does it")
  }

  private func show(_ plan: SyncPlan) throws(Rejection) {
    guard !options.json else { return try options.print(Report(mode: plan.mode, plan: plan.items), "") }
    let lines = plan.items.map(\.words)
    let text = lines.isEmpty ? "the mirror is as it should be" : lines.joined(separator: "\n")
    try options.print(Report(mode: plan.mode, plan: plan.items), text)
  }
}

/// Asks for a signature over standard output and input, for a client at the other end of an ssh.
enum Question {
  static func ask(_ challenge: [UInt8]) throws(Rejection) -> [UInt8] {
    try IO.write("\(RemoteShell.question)\(Base64.string(challenge))\n", to: 1, "standard output")
    var lines = LineReader(descriptor: 0)
    var armored: [UInt8] = []
    while let line = try lines.next(), armored.count < 1 << 16 {
      armored += line + [UInt8(ascii: "\n")]
      if line.elementsEqual("-----END SSH SIGNATURE-----".utf8) { return armored }
    }
    throw .io("the challenge was not answered")
  }
}
