import ArgumentParser
import KVShared

struct DelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "del", abstract: "Delete keys, all in one transaction.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The keys.") var keys: [String]
  @OptionGroup var write: WriteOptions

  func run() throws {
    let patience = try write.patience()
    var draft = Draft()
    for text in keys {
      let key = try Key(argument: text)
      draft.edits[key] = .delete
      draft.mustExist.insert(key)
    }
    try write.apply(to: &draft)
    try Writing(options, noPush: write.noPush).finish(draft, patience)
  }
}
