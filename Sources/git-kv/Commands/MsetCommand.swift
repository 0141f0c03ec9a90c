import ArgumentParser
import Glibc
import KVShared

struct MsetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mset", abstract: "Apply a batch of operations as one transaction.",
    discussion: """
      Each line is one JSON object:
        {"op":"set","key":"cfg:flag","value":"on"}      or "value_b64", or "file"; also "ctype" and "ttl"
        {"op":"del","key":"cfg:old"}
      """)

  @OptionGroup var options: GlobalOptions
  @Option(help: "The batch, JSON Lines; '-' for standard input.") var file: String
  @OptionGroup var maxInline: MaxInline
  @OptionGroup var write: WriteOptions

  func run() throws {
    let patience = try write.patience()
    let writing = try Writing(options, noPush: write.noPush)
    let bytes: [UInt8]
    if file == "-" {
      bytes = try IO.readAll(0, "standard input")
    } else {
      let batch = try Descriptor(path: file, flags: O_RDONLY)
      bytes = try IO.readAll(batch.raw, file)
    }
    let reader = BatchReader(writer: try writing.values(maxInline), name: file)
    var draft = try reader.draft(bytes, progress: Progress("reading", isQuiet: options.quiet))
    try write.apply(to: &draft)
    try writing.finish(draft, patience)
  }
}
