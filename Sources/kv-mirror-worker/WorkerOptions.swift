import Glibc
import KVShared

/// The command line of the worker.
struct WorkerOptions {
  let repository: String
  let json: Bool

  /// Throws `.usage` for an unknown option, and `.io` for a repository that is no Stargate.
  init(_ arguments: ArraySlice<String>) throws(Rejection) {
    var repository: String?
    var json = false
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "--json": json = true
      case "--repo":
        guard let path = rest.popFirst() else { throw Self.misuse("--repo wants a path") }
        repository = path
      default: throw Self.misuse("unknown argument \(word.quoted)")
      }
    }
    guard let repository else { throw Self.misuse("--repo is missing") }
    let folder = "\(repository)/\(Journal.directory)"
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw .io("\(repository.quoted) is not a repository that can be written to")
    }
    self.repository = repository
    self.json = json
  }

  private static func misuse(_ what: String) -> Rejection {
    .usage(what, hint: "kv-mirror-worker --repo PATH [--json]")
  }
}
