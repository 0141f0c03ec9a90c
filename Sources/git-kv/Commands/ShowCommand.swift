import ArgumentParser
import KVShared

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one transaction: who made it, when, why, and what it changed.",
    discussion: """
      A transaction is named by its id, or by a moment: a ledger commit, a date (2026-11-23, 2026-11-23T10:00:00Z) or
      how long ago (7d), which is the last transaction until then.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The transaction.") var transaction: String
  @OptionGroup var read: ReadOptions

  func run() throws {
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let moment = try Moments(clone, ns, read).find(transaction)
    let review = SignatureReview(try clone.policy(), ns, git: clone.git)
    let twins = TransactionTwins(clone: clone, namespace: ns, source: try read.chunkSource(clone, ns, quiet: true))
    let report = try TransactionReport(moment, review, twins)
    try IO.write(options.json ? CanonicalJSON.encode(report) : Array(report.text.utf8), to: 1, "standard output")
  }
}
