import ArgumentParser
import KVShared

struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Send every transaction that the Stargate does not have yet.")

  @OptionGroup var options: GlobalOptions

  @Flag(
    name: .customLong("discard-pending"), help: "Give up what is pending instead; refs/kv-tracking/discarded keeps it.")
  var discardPending = false

  func run() throws {
    if discardPending {
      let result = try Writing(options, noPush: false).session.discardPending()
      return try options.print(result, "now at what the Stargate has, ledger \(result.ledger?.prefix(12) ?? "-")")
    }
    let result = try Writing(options, noPush: false).session.pushPending()
    try options.print(result, result.pushed ? "pushed up to \(result.txn ?? "-")" : "everything up to date")
  }
}
