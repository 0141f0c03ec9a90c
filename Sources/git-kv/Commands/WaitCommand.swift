import ArgumentParser
import KVShared

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until the mirror, or the Stargate, shows a transaction.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The ledger commit to wait for (default: the working copy's).") var oid: String?
  @Option(name: .customLong("visible-on"), help: "Who is to show it: the mirror (github) or the Stargate.")
  var place = ReadOptions.Source.github
  @Option(help: "How long to wait: 90s, 15m, 12h or 1d; 0s looks once (default: 60s).") var timeout: String?

  private struct Report: Encodable {
    let ns: String
    let oid: String
    let visibleOn: String
    let seen: String
    let waited: Int

    enum CodingKeys: String, CodingKey {
      case ns, oid, seen
      case visibleOn = "visible_on"
      case waited = "waited_ms"
    }
  }

  func run() throws {
    let seconds = try WaitOptions.seconds(timeout)
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let commit =
      try oid.map { (text) throws(Rejection) in try LedgerCommit(text, clone, ns) } ?? LedgerCommit(tipOf: clone, ns)
    let (seen, waited) = try wait(for: commit, clone, ns, seconds)
    try options.print(
      Report(
        ns: ns.name, oid: commit.id.hex, visibleOn: place.rawValue, seen: seen.hex, waited: Int(waited * 1000)),
      "\(commit.id) is visible on \(place.rawValue)")
  }

  private func wait(
    for commit: LedgerCommit, _ clone: Clone, _ ns: Namespace, _ seconds: Int
  ) throws(Rejection) -> (ObjectID, Double) {
    guard let remote = try Remote(clone.config) else { return (try look(for: commit, clone, ns), 0) }
    let wait = MirrorWait(clone: clone, namespace: ns, remote: remote, place: try Place(place, remote, clone))
    switch wait.run(for: commit.id, seconds: seconds) {
    case .visible(let seen, let waited): return (seen, waited)
    case .unreachable(let why):
      throw .io(
        why,
        hint: "check the url and your access"
          + (wait.place.view == .mirror ? "; --read-from=stargate reads round it" : ""))
    case .late(let what):
      throw .mirrorTimeout(
        "\(wait.place.view == .mirror ? "the mirror" : "the Stargate") does not show \(commit.id) after \(seconds)s: \(what)",
        hint: try commit.isPending(clone, ns)
          ? "it has not been pushed: 'git kv push' sends it" : wait.hint)
    }
  }

  /// With no remote everything is here.
  private func look(for commit: LedgerCommit, _ clone: Clone, _ ns: Namespace) throws(Rejection) -> ObjectID {
    let listing = try clone.git.run([
      "for-each-ref", "--format=%(objectname)", "refs/kv-archive/\(ns)@*",
    ]).check("git for-each-ref")
    let sealed = Set(listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) })
    let history = LedgerHistory(clone: clone)
    guard let tip = try RefStore(clone: clone, namespace: ns).ledger(.working)?.id,
      try history.holds(commit.id, upTo: tip, sealed: sealed, bring: {})
    else {
      throw .io(
        "there is no remote to wait for, and \(KVRef.ledger(ns)) does not hold \(commit.id)",
        hint: "git remote add origin URL")
    }
    return tip
  }
}
