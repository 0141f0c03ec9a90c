import ArgumentParser
import KVShared

struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Send every transaction that the Stargate does not have yet.")

  @OptionGroup var options: GlobalOptions

  @Flag(
    name: .customLong("discard-pending"), help: "Give up what is pending instead; refs/kv-tracking/discarded keeps it.")
  var discardPending = false

  @OptionGroup var waiting: WaitOptions

  func run() throws {
    let patience = try waiting.patience(unless: discardPending ? "--discard-pending" : nil)
    if discardPending {
      let result = try Writing(options, noPush: false).session.discardPending()
      return try options.print(result, "now at what the Stargate has, ledger \(result.ledger?.prefix(12) ?? "-")")
    }
    let writing = try Writing(options, noPush: false)
    let result = try writing.session.pushPending()
    try writing.report(
      result, result.pushed ? "pushed up to \(result.txn ?? "-")" : "everything up to date", patience)
  }
}
