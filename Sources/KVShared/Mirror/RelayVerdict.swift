/// What the mirror's answer means for the push whose branches were relayed.
struct RelayVerdict {
  let remote: MirrorRemote
  let updates: [RelayUpdate]
  let isAtomic: Bool

  enum Outcome {
    case taken
    /// The host takes no atomic pushes.
    case notAtomic
  }

  /// Throws `.policy` for what the mirror refuses, code 2 for what has moved there, `.io` where it cannot be asked.
  /// - Parameter remarks: what its hooks have said so far.
  func judge(_ answer: ChildResult, _ remarks: MirrorRemarks) throws(Rejection) -> Outcome {
    let report = PushReport(porcelain: answer.output)
    if answer.status == 0 {
      let taken = Set(report.taken)
      if let lost = updates.first(where: { !taken.contains($0.name) }) { throw unknown(lost.name) }
      return .taken
    }
    if isAtomic, String(decoding: answer.errors, as: UTF8.self).contains("does not support --atomic") {
      return .notAtomic
    }
    guard let cause = report.firstCause else {
      var remarks = remarks
      remarks.hear(refusing: answer.errors)
      throw MirrorFault(connecting: answer, to: remote).whileRelaying
    }
    throw rejection(cause, report, remarks)
  }

  private func rejection(
    _ cause: PushReport.Refusal, _ report: PushReport, _ remarks: MirrorRemarks
  ) -> Rejection {
    if cause.reason.hasPrefix("[remote failure]") { return unknown(cause.ref) }
    let message = "the mirror refused \(cause.ref.quoted): \(cause.words.printable)"
    let before = Set(report.upToDate)
    let kept = report.taken.filter { !before.contains($0) }
    if !kept.isEmpty {
      let names = kept.prefix(5).map(\.quoted).joined(separator: ", ") + (kept.count > 5 ? ", …" : "")
      let hint = "it takes no atomic pushes and has taken \(names), which this Stargate has not"
      return cause.isRace ? .remote(.conflict, message, hint: hint) : .policy(message, hint: hint)
    }
    if cause.isRace { return .branchMoved(message) }
    return .policy(
      message, hint: remarks.count > 0 ? "its own words stand above, after 'mirror:'" : "nothing has been changed")
  }

  private func unknown(_ name: String) -> Rejection {
    .io(
      "the mirror does not say what became of \(name.quoted)", hint: "push again: what it has taken is taken once more")
  }
}

extension Rejection {
  /// A branch is not, here or on the mirror, where the developer believed it to be.
  static func branchMoved(_ message: String) -> Rejection {
    .remote(.conflict, message, hint: "fetch from origin, build on what is there and push again")
  }
}

extension MirrorFault {
  /// A mirror that cannot be asked, to those who wait for its word.
  var whileRelaying: Rejection {
    .io(
      "cannot relay to the mirror: \(message.printable)",
      hint: kind == .credentials
        ? "it does not let this Stargate in; nothing has been changed"
        : "nothing has been changed; push again once it answers")
  }
}
