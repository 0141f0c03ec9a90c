import ArgumentParser
import KVShared

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "List the keys that differ between two moments.",
    discussion: """
      A moment is a ledger commit, a transaction, a date (2026-11-23, 2026-11-23T10:00:00Z) or how long ago (7d).
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The moment before.") var from: String
  @Argument(help: "The moment after (default: now).") var to: String?
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @OptionGroup var read: ReadOptions

  func run() throws {
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let moments = try Moments(clone, ns, read)
    let before = try moments.find(from)
    let after = try to.map { (name) throws(Rejection) in try moments.find(name) } ?? moments.tip()
    let comparison = LedgerComparison(
      reader: clone.reader, namespace: ns, prefix: ArgumentBytes.of(prefix, option: "prefix"))
    try options.print(comparison.differences(from: before.commit.tree, to: after.commit.tree))
  }
}
