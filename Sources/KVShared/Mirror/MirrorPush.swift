/// One ref to move on the mirror.
public struct MirrorUpdate: Equatable, Sendable {
  public let name: String
  /// nil deletes it.
  public let new: ObjectID?
  /// What it holds now, or is believed to; nil: it is not there. The mirror is left alone where that is not so.
  public let old: ObjectID?

  /// The order in which a host without atomic pushes gets them: what others rest on first, the watermark last.
  var rank: Int {
    if name == TermRef.name { return 0 }
    if name.hasPrefix("refs/kv-chunks/") || name.hasPrefix("refs/kv-archive/") { return 1 }
    return name.hasPrefix("refs/kv-mirror/") ? 3 : 2
  }

  /// Refs that one push moves, unless a namespace has more: their names go on a command line, which is bounded.
  static let mostAtOnce = 1000

  /// The same updates in as few parts as may be; a namespace is in one of them.
  static func batches(_ updates: [MirrorUpdate]) -> [[MirrorUpdate]] {
    let spaces = Dictionary(grouping: updates) { MirrorRefs.namespace(of: $0.name)?.name ?? "" }
    var batches: [[MirrorUpdate]] = []
    for (_, some) in spaces.sorted(by: { $0.key < $1.key }) {
      if let last = batches.indices.last, batches[last].count + some.count <= mostAtOnce {
        batches[last] += some
      } else {
        batches.append(some)
      }
    }
    return batches
  }
}

/// Pushes to the mirror under a lease on each ref.
struct MirrorPush {
  let station: Station
  let remote: MirrorRemote
  /// false: one push for each rank instead of one for all.
  let isAtomic: Bool

  enum Outcome {
    case done
    /// A ref there is not what it was believed to be; carries git's words.
    case stale(String)
    /// The host takes no atomic pushes.
    case notAtomic
  }

  func run(_ updates: [MirrorUpdate]) throws(MirrorFault) -> Outcome {
    let grafts = Grafts(updates, station.reader)
    guard !isAtomic else { return try push(updates, grafts) }
    for rank in 0...3 {
      let some = updates.filter { $0.rank == rank }
      guard !some.isEmpty else { continue }
      let outcome = try push(some, grafts)
      guard case .done = outcome else { return outcome }
    }
    return .done
  }

  private func push(_ updates: [MirrorUpdate], _ grafts: Grafts?) throws(MirrorFault) -> Outcome {
    var arguments = [
      "push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", "--no-signed",
    ]
    if isAtomic { arguments.append("--atomic") }
    for update in updates { arguments.append("--force-with-lease=\(update.name):\(update.old?.hex ?? "")") }
    arguments.append(remote.url)
    for update in updates { arguments.append("\(update.new?.hex ?? ""):\(update.name)") }
    let answer: ChildResult
    do {
      var git = remote.talking(station.git, station.config)
      grafts?.apply(to: &git)
      answer = try git.run(arguments)
    } catch {
      throw MirrorFault(.unreachable, error.message)
    }
    if answer.status == 0 { return .done }
    let said = String(decoding: answer.errors, as: UTF8.self)
    if isAtomic, said.contains("does not support --atomic") { return .notAtomic }
    let report = PushReport(porcelain: answer.output)
    if let race = report.lostRace { return .stale(race) }
    guard let refusal = report.firstCause else { throw MirrorFault(connecting: answer, to: remote) }
    throw MirrorFault(.refused, words(refusal, said))
  }

  /// A refusal with what the host's hooks said of it.
  private func words(_ refusal: PushReport.Refusal, _ said: String) -> String {
    let remarks = said.split(separator: "\n").filter { $0.hasPrefix("remote: ") }.map {
      String($0.dropFirst("remote: ".count)).trimmingSpaces
    }
    let remark = remarks.first { !$0.isEmpty }.map { "; it says: \($0.quoted)" } ?? ""
    let isForeign = !refusal.ref.hasPrefix("refs/heads/") && !refusal.ref.hasPrefix("refs/tags/")
    let guess = isForeign ? "; a host that takes branches and tags alone cannot be a mirror" : ""
    return "the mirror refuses \(refusal.ref.quoted): \(refusal.reason)\(remark)\(guess)"
  }
}
