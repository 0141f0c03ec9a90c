import ArgumentParser
import KVShared

struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Write all keys and values to a file, which 'import' reads.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The file, which appears only when it is whole; '-' for standard output.") var export: String
  @Option(help: "The ledger commit (default: the tip).") var at: String?
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @Option(name: .customLong("values-dir"), help: "Put the bytes of values in chunks into files in this folder.")
  var valuesDirectory: String?
  @Flag(name: .customLong("include-expired"), help: "Write expired keys too.") var includeExpired = false
  @OptionGroup var read: ReadOptions

  func run() throws {
    guard !(export == "-" && options.json) else { throw Rejection.usage("--export - and --json exclude each other") }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let view = try read.refresh(clone, ns)
    let commit = try commit(clone, ns, view)
    let values = ValueReader(
      clone: clone, namespace: ns, chunks: try read.chunkSource(clone, ns, quiet: options.quiet), reader: clone.reader)
    let folder = valuesDirectory.map { ValuesFolder(path: $0) }
    try folder?.prepare()
    let hidesExpired = try !includeExpired && clone.policy()?.namespaces[ns]?.retention.enforceReadside ?? true
    var export = SnapshotExport(
      values, commit, to: try SnapshotOutput(path: export), folder: folder,
      leavingOutAt: hidesExpired ? .now() : nil, isQuiet: options.quiet)
    let report = try export.run(prefix: prefix)
    if self.export != "-" { try options.print(report, report.words) }
  }

  private func commit(_ clone: Clone, _ ns: Namespace, _ view: View) throws(Rejection) -> Commit {
    guard let at else {
      guard let tip = try RefStore(clone: clone, namespace: ns).ledger(view) else {
        throw .noSuchKey("namespace \(ns.name.quoted) is empty")
      }
      return tip
    }
    let id = try LedgerCommit(at, clone, ns).id
    guard let reply = try clone.reader.read([.contents(id.hex)])[0] else {
      throw .io("ledger commit \(id) is not here", hint: "fetch it first")
    }
    return try ObjectReader.commit(reply)
  }
}
