import ArgumentParser
import KVShared

struct SetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set one key, as a transaction of its own.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The key.") var key: String
  @OptionGroup var value: ValueOptions
  @OptionGroup var write: WriteOptions

  func run() throws {
    let key = try Key(argument: key)
    let patience = try write.patience()
    let writing = try Writing(options, noPush: write.noPush)
    var draft = Draft()
    try write.apply(to: &draft)
    draft.edits[key] = try writing.values(value.maxInline).edit(
      key, try value.open(), ctype: value.ctype, lifetime: try value.lifetime())
    try writing.finish(draft, patience)
  }
}
