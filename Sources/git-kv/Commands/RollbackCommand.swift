import ArgumentParser
import KVShared

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Make the store what it was at a moment, with a new transaction.",
    discussion: """
      A moment is a ledger commit, a transaction, a date (2026-11-23, 2026-11-23T10:00:00Z) or how long ago (7d).
      Nothing is taken out of the history.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The moment to go back to.") var moment: String
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @Flag(name: .customLong("dry-run"), help: "Print what would change, and stop.") var dryRun = false
  @OptionGroup var write: WriteOptions

  func run() throws {
    let patience = try write.patience()
    let writing = try Writing(options, noPush: write.noPush)
    let (clone, ns, session) = (writing.clone, writing.namespace, writing.session)
    let moments = Moments(clone, ns, .working, session.archives) { () throws(Rejection) in
      guard let transport = session.transport else { return }
      try transport.fetch(.stargate, from: transport.remote.pushURL)
      _ = try session.refs.fastForward(to: .stargate, session.archives)
    }
    var read = ReadOptions()
    (read.source, read.offline) = (nil, false)
    let rollback = Rollback(
      session: session, target: try moments.find(moment), prefix: ArgumentBytes.of(prefix, option: "prefix"),
      source: try read.chunkSource(clone, ns, quiet: options.quiet, home: session.chunks))
    if dryRun {
      return try options.print(
        rollback.comparison.differences(from: moments.tip().commit.tree, to: rollback.target.commit.tree))
    }
    var draft = Draft()
    draft.text = rollback.subject
    try write.apply(to: &draft)
    draft.derive = { (tips) throws(Rejection) in try rollback.edits(on: tips) }
    try writing.finish(draft, patience)
  }
}
