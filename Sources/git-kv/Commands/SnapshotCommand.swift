import ArgumentParser
import KVShared

struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Write all keys and values to a file, which 'import' reads.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The file, which appears only when it is whole; '-' for standard output.") var export: String
  @Option(help: "As it was then: a ledger commit, a transaction, a date, or how long ago (7d).") var at: String?
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @Option(name: .customLong("values-dir"), help: "Put the bytes of values in chunks into files in this folder.")
  var valuesDirectory: String?
  @Flag(name: .customLong("include-expired"), help: "Write expired keys too.") var includeExpired = false
  @OptionGroup var read: ReadOptions

  func run() throws {
    guard !(export == "-" && options.json) else { throw Rejection.usage("--export - and --json exclude each other") }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let moment = try at.map { (name) throws(Rejection) in try Moments(clone, ns, read).find(name) }
    let commit = try moment?.commit ?? tip(clone, ns)
    let values = ValueReader(
      clone: clone, namespace: ns, chunks: try read.chunkSource(clone, ns, quiet: options.quiet), reader: clone.reader)
    let folder = valuesDirectory.map { ValuesFolder(path: $0) }
    try folder?.prepare()
    let hidesExpired = try !includeExpired && clone.policy()?.namespaces[ns]?.retention.enforceReadside ?? true
    var export = SnapshotExport(
      values, commit, to: try SnapshotOutput(path: export), folder: folder,
      leavingOutAt: hidesExpired ? moment?.instant ?? .now() : nil, isQuiet: options.quiet)
    let report = try export.run(prefix: prefix)
    if self.export != "-" { try options.print(report, report.words) }
  }

  private func tip(_ clone: Clone, _ ns: Namespace) throws(Rejection) -> Commit {
    guard let tip = try RefStore(clone: clone, namespace: ns).ledger(try read.refresh(clone, ns)) else {
      throw .noSuchKey("namespace \(ns.name.quoted) is empty")
    }
    return tip
  }
}
