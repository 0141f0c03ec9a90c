import ArgumentParser
import KVShared

struct CasCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cas", abstract: "Compare and swap.", subcommands: [CasSetCommand.self])

  func run() throws { throw Rejection.commandMissing }
}

struct CasSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set one key if the store is still what it was read as; never tried again.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The key.") var key: String
  @OptionGroup var value: ValueOptions
  @Option(help: "The ledger tree this change was decided on.") var expectTree: String
  @Option(help: "The blob the key has to hold; '-' for none.") var expectBlob: String?
  @OptionGroup var write: WriteOptions

  func run() throws {
    let key = try Key(argument: key)
    let patience = try write.patience()
    let writing = try Writing(options, noPush: write.noPush)
    var draft = Draft()
    try write.apply(to: &draft)
    let format = writing.clone.format
    guard let tree = ObjectID(expectTree), tree.format == format else {
      throw Rejection.usage(
        "malformed tree id \(expectTree.quoted)",
        hint: "give all \(format.hexCount) digits, as 'git kv get --json' prints them")
    }
    draft.expectedTree = tree
    draft.extra.append(Trailer(name: LedgerTrailers.expectTree, value: tree.hex))
    if let expectBlob {
      if expectBlob == "-" || expectBlob == format.zeroHex {
        draft.expectedBlobs.updateValue(nil, forKey: key)
      } else if let blob = ObjectID(expectBlob), blob.format == format {
        draft.expectedBlobs.updateValue(blob, forKey: key)
      } else {
        throw Rejection.usage(
          "malformed blob id \(expectBlob.quoted)", hint: "give all \(format.hexCount) digits, or '-' for none")
      }
    }
    draft.edits[key] = try writing.values(value.maxInline).edit(
      key, try value.open(), ctype: value.ctype, lifetime: try value.lifetime())
    try writing.finish(draft, patience)
  }
}
