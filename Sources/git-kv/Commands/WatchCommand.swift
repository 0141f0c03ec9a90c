import ArgumentParser
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
    let source = try WatchSource(from == .mirror ? .github : .stargate, clone, ns, offline: offline)
    let feed = WatchFeed(logs: source.logs)
    let sink = WatchSink(prefix: prefix, way: exec.map { .command($0) } ?? (options.json ? .json : .words))
    WatchStop.surviveClosedPipes()
    try source.bring(isFirst: true)
    if follow { try WatchStop.listen() }
    var place = try since.map { (text) throws(Rejection) in try feed.place(of: text) }
    while true {
      let seen = try source.logs.refs()
      guard try feed.read(after: &place, into: sink), follow else { return }
      guard source.waitForNews(since: seen, withReader: sink.isPrinting) else { return }
    }
  }
}
