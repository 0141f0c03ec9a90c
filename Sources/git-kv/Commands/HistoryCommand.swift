import ArgumentParser
import KVShared

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List the versions of a key, the newest first.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The key.") var key: String
  @Flag(help: "Older epochs too; what is not here of them is fetched.") var epochs = false
  @Option(help: "No more than this many versions.") var limit: Int?
  @OptionGroup var read: ReadOptions

  func run() throws {
    let key = try Key(argument: key)
    if let limit, limit < 1 { throw Rejection.usage("--limit takes a number from 1 on") }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let segments = try Moments(clone, ns, read).segments()
    var reading = HistoryReading(
      history: KeyHistory(clone: clone, namespace: ns, key: key),
      review: SignatureReview(try clone.policy(), ns, git: clone.git), left: limit ?? .max, json: options.json)
    for segment in epochs ? segments.all[...] : segments.all.prefix(1) {
      guard reading.left > 0 else { break }
      try reading.take(segment, of: segments)
    }
    let older = epochs ? [] : segments.all.dropFirst().map(\.label.name)
    guard reading.hasSeenKey else {
      let rest = older.isEmpty ? "" : " in epoch \(segments.all[0].label.name.quoted); --epochs looks at older ones too"
      throw Rejection.noSuchKey("no version of \(key.description.quoted)\(rest)")
    }
    if !older.isEmpty, !options.quiet {
      let names = older.joined(separator: ", ")
      try IO.write("kv: note: there are older epochs: \(names); --epochs looks at them too\n", to: 2, "standard error")
    }
  }
}
