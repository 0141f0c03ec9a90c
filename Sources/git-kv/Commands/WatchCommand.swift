import ArgumentParser
import Glibc
import KVShared

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Print what transactions set and deleted, in the order of the ledger.",
    discussion: """
      --since takes a ledger commit or a commit of the watchlog, and goes on after it. With --exec a command gets each
      event on its standard input, as --json prints it, and KV_NS, KV_TXN, KV_OID and KV_EPOCH in its environment; one
      that fails ends the watch.
      """)

  enum Source: String, ExpressibleByArgument, CaseIterable { case mirror, stargate }

  @OptionGroup var options: GlobalOptions
  @Option(help: "Only what came after this commit.") var since: String?
  @Flag(help: "Go on, and print what comes.") var follow = false
  @Option(help: "Whose watchlog: the mirror's or the Stargate's.") var from = Source.mirror
  @Flag(help: "Ask no remote; read what is here.") var offline = false
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @Option(help: "Run this with 'sh -c' for each event.") var exec: String?

  func run() throws {
    guard !(follow && offline) else { throw Rejection.usage("--follow and --offline exclude each other") }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let source = try source(clone, ns)
    let feed = WatchFeed(clone: clone, namespace: ns, view: source.view)
    if exec == nil, follow { WatchStop.atPipe() }
    if follow { WatchStop.atSignals() }
    try source.bring()
    var at = try since.map { (text) throws(Rejection) in try feed.position(of: text) }
    let sink = WatchSink(prefix: prefix, json: options.json, command: exec, environment: clone.git.environment)
    while true {
      guard try feed.read(after: &at, into: sink) else { return }
      guard follow, source.waitForNews() else { return }
    }
  }

  private func source(_ clone: Clone, _ namespace: Namespace) throws(Rejection) -> WatchSource {
    guard let remote = try Remote(clone.config) else {
      return WatchSource(clone: clone, namespace: namespace, transport: nil, place: nil)
    }
    let place = try Place(from == .stargate ? .stargate : .github, remote, clone)
    return WatchSource(
      clone: clone, namespace: namespace,
      transport: offline ? nil : Transport(clone: clone, remote: remote, namespace: namespace), place: place)
  }
}
