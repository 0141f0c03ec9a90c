import ArgumentParser
import KVShared

struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Send every transaction that the Stargate does not have yet.")

  @OptionGroup var options: GlobalOptions

  func run() throws {
    let result = try Writing(options, noPush: false).session.pushPending()
    try options.print(result, result.pushed ? "pushed up to \(result.txn ?? "-")" : "everything up to date")
  }
}
