import KVShared

/// The command line of the worker.
struct WorkerOptions {
  let repository: String
  let remote: String?
  let patience: MirrorWorker.Patience
  let dryRun: Bool
  let json: Bool

  /// Throws `.usage` for an unknown or contradictory option.
  init(_ arguments: ArraySlice<String>) throws(Rejection) {
    var repository: String?
    var remote: String?
    var patience: MirrorWorker.Patience?
    var (dryRun, json) = (false, false)
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "--json": json = true
      case "--dry-run": dryRun = true
      case "--once", "--drain":
        guard patience == nil else { throw Self.misuse("--once and --drain exclude each other") }
        patience = word == "--once" ? .once : .drain
      case "--repo": repository = try Self.value(of: word, &rest)
      case "--remote": remote = try Self.value(of: word, &rest)
      default: throw Self.misuse("unknown argument \(word.quoted)")
      }
    }
    guard let repository else { throw Self.misuse("--repo is missing") }
    self.repository = repository
    self.remote = remote
    self.patience = patience ?? .usual
    self.dryRun = dryRun
    self.json = json
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(Rejection) -> String {
    guard let value = rest.popFirst(), !value.isEmpty else { throw misuse("\(option) wants a value") }
    return value
  }

  private static func misuse(_ what: String) -> Rejection {
    .usage(what, hint: "kv-mirror-worker --repo PATH [--remote NAME] [--once|--drain] [--dry-run] [--json]")
  }
}
