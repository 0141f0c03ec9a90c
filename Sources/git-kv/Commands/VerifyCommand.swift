import ArgumentParser
import KVShared

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compute etags and digests of what is here, and compare.",
    discussion: """
      What --all has checked is noted, and the next run goes on from there as long as the ledger is the same.
      Chunks that are not here are counted, not fetched; --fetch brings them.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The keys.") var keys: [String] = []
  @Flag(help: "Every key of the namespace.") var all = false
  @Flag(help: "Bring chunks that are not here.") var fetch = false
  @Flag(help: "Begin anew, whatever an earlier run has checked.") var restart = false

  func run() throws {
    guard all != !keys.isEmpty else { throw Rejection.usage("give keys, or --all") }
    guard all || !restart else { throw Rejection.usage("--restart goes with --all") }
    let keys = try keys.map { (text) throws(Rejection) in try Key(argument: text) }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    guard let commit = try RefStore(clone: clone, namespace: ns).ledger(.working) else {
      throw Rejection.noSuchKey("namespace \(ns.name.quoted) is empty")
    }
    var read = ReadOptions()
    read.source = nil
    read.offline = !fetch
    let source = try read.chunkSource(clone, ns, quiet: options.quiet)
    var check = ValueCheck(
      clone: clone, namespace: ns, commit: commit, source: source, options: options,
      notes: all ? VerifyNotes(clone, ns, commit) : nil)
    if all {
      var listed: [(key: Key, pointer: Pointer?)] = []
      try Listing(clone: clone, namespace: ns).read(prefix: [], .working) { (bytes, pointer) throws(Rejection) in
        if pointer?.type != .deleted { listed.append((try Key(bytes: bytes), pointer)) }
      }
      try check.resume(unless: restart)
      try check.run(listed)
    } else {
      try check.run(keys.map { ($0, nil) })
    }
  }
}
