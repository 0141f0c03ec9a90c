import ArgumentParser
import KVShared

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Set the keys of a snapshot, as one transaction.",
    discussion: "A file that is cut or damaged changes nothing.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The snapshot; '-' for standard input.") var file: String
  @Flag(help: "Delete the keys that the snapshot does not have.") var replace = false
  @Flag(name: .customLong("dry-run"), help: "Say what would be set and deleted, and change nothing.") var dryRun = false
  @Option(help: "Make transactions of at most so many keys, pushed together.") var batch: Int?
  @Option(name: .customLong("values-dir"), help: "The folder in which 'snapshot' has put the values in chunks.")
  var valuesDirectory: String?
  @OptionGroup var write: WriteOptions

  /// Without `--batch`, what is read is made a pack of its own after so many keys.
  private static let packKeys = 100_000

  func run() throws {
    guard batch ?? 1 > 0 else { throw Rejection.usage("--batch takes a number of keys, at least 1") }
    let patience = try write.waiting.patience(unless: dryRun ? "--dry-run" : write.noPush ? "--no-push" : nil)
    let lines = SnapshotLines(try ValueInput(path: file))
    let header = try SnapshotImport.header(lines)
    let writing = try Writing(options, noPush: write.noPush, epoch: EpochLabel(header.epoch))
    guard header.ns == writing.namespace.name || options.namespaceName != nil else {
      throw Rejection.usage(
        "the snapshot is of namespace \(header.ns.quoted), not \(writing.namespace.name.quoted)",
        hint: "say into which with --ns")
    }
    let spool = try EditSpool(in: writing.clone.commonDirectory, writing.clone.format)
    var reading = SnapshotImport(
      lines, writer: try writing.values(nil), folder: valuesDirectory.map { ValuesFolder(path: $0) },
      spool: spool)
    let content = try reading.read(
      meter: ByteMeter("reading \(file == "-" ? "standard input" : file)", total: lines.size, isQuiet: options.quiet),
      flushEach: dryRun ? nil : batch ?? Self.packKeys)
    let isComparable = header.ns == writing.namespace.name && header.objectFormat == writing.clone.format.rawValue
    let edits = SnapshotEdits(
      spool: spool, batch: batch, replaces: replace, tree: isComparable ? content.flatMap { ObjectID($0) } : nil)
    if dryRun { return try tell(edits, writing) }
    var draft = Draft()
    draft.snapshot = edits
    try write.apply(to: &draft)
    try writing.finish(draft, patience)
  }

  private func tell(_ edits: SnapshotEdits, _ writing: Writing) throws(Rejection) {
    let session = writing.session
    var tips = try session.refs.tips(.working)
    if tips.base == nil { tips = try session.catchUp(tips) }
    let tally = try edits.parts(on: tips.base, session) { _ in }
    let report = Report(
      ns: writing.namespace.name, set: tally.set, del: tally.deleted, unchanged: tally.unchanged, dryRun: true)
    try options.print(
      report, "would set \(tally.set), delete \(tally.deleted); \(tally.unchanged) are so already")
  }

  /// What `--dry-run --json` prints.
  private struct Report: Encodable {
    let ns: String
    let set: Int
    let del: Int
    let unchanged: Int
    let dryRun: Bool

    enum CodingKeys: String, CodingKey {
      case ns, set, del, unchanged
      case dryRun = "dry_run"
    }
  }
}
