import ArgumentParser
import KVShared

/// The options every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(name: .customLong("ns"), help: "The namespace (default: kv.ns, else main).")
  var namespaceName: String?

  @Flag(name: .customLong("json"), help: "Print one JSON object, or JSON lines; errors too.")
  var json = false

  @Flag(name: .customLong("debug"), help: "Show every git command on standard error.")
  var debug = false

  @Flag(name: .customLong("quiet"), help: "Print nothing but what was asked for.")
  var quiet = false

  /// Throws `.usage` for a name that no namespace can have.
  func namespace(_ config: GitConfig) throws(Rejection) -> Namespace {
    let name = namespaceName ?? config["kv.ns"] ?? "main"
    guard let namespace = Namespace(name) else {
      throw .usage("malformed namespace \(name.quoted)", hint: "a namespace is [a-z0-9][a-z0-9_-]{0,63}")
    }
    return namespace
  }

  /// Prints the result of a command: the object with `--json`, the words without, nothing of words with `--quiet`.
  func print(_ object: some Encodable, _ words: String) throws(Rejection) {
    if json {
      try IO.write(CanonicalJSON.encode(object), to: 1, "standard output")
    } else if !quiet {
      try IO.write(words + "\n", to: 1, "standard output")
    }
  }
}

extension GlobalOptions {
  /// Says something that is no result: nothing with `--json` or `--quiet`.
  func say(_ words: String) throws(Rejection) {
    guard !json, !quiet else { return }
    try IO.write(words + "\n", to: 1, "standard output")
  }
}

/// What `--json` prints for an error, on standard output.
struct ErrorReport: Encodable {
  struct Body: Encodable {
    let code: Int32
    let message: String
    let hint: String?
    let tree: String?
    let blob: String?
  }

  let error: Body

  init(_ rejection: Rejection) {
    var tree: String?
    var blob: String?
    if case .conflict(_, let t, let b) = rejection { (tree, blob) = (t, b) }
    let hint = rejection.hint.isEmpty ? nil : rejection.hint
    error = Body(code: rejection.code.rawValue, message: rejection.message, hint: hint, tree: tree, blob: blob)
  }
}
