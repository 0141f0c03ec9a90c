import KVShared

/// Where events go.
struct WatchSink {
  enum Way {
    /// To standard output, a line of words each.
    case words
    /// To standard output, a line of JSON each.
    case json
    /// One by one to a command of the shell.
    case command(String)
  }

  /// Only keys that begin with this are told of, and events with any.
  let prefix: String
  let way: Way

  /// Whether standard output is the watch's own.
  var isPrinting: Bool { if case .command = way { false } else { true } }

  /// Takes some events, in order; returns false where no more is wanted.
  /// Throws `.io` where the command fails, with the place to resume from.
  /// - Parameter last: the ledger commit of the event before them.
  func take(_ entries: [WatchEntry], after last: ObjectID?) throws(Rejection) -> Bool {
    if case .command(let command) = way { return try run(command, entries, last) }
    var out: [UInt8] = []
    for line in entries.compactMap({ WatchLine($0, prefix: prefix) }) {
      if case .json = way { out += CanonicalJSON.encode(line) } else { out += Array(line.words.utf8) }
    }
    return try WatchStop.write(out) && !WatchStop.isAsked
  }

  private func run(_ command: String, _ entries: [WatchEntry], _ last: ObjectID?) throws(Rejection) -> Bool {
    var last = last
    for entry in entries {
      guard !WatchStop.isAsked else { return false }
      if let line = WatchLine(entry, prefix: prefix) { try run(command, line, after: last) }
      last = entry.place.ledger
    }
    return true
  }

  private func run(_ command: String, _ line: WatchLine, after last: ObjectID?) throws(Rejection) {
    // The user's own environment: git's is made for git.
    var environment = Environment.inherited()
    environment["KV_NS"] = line.ns
    environment["KV_TXN"] = line.txn
    environment["KV_OID"] = line.oid
    environment["KV_EPOCH"] = line.epoch
    let child = try ChildProcess(["sh", "-c", command], environment: environment, stdin: .pipe)
    // A command that does not read is judged by its status.
    try? IO.write(CanonicalJSON.encode(line), to: child.stdin, "sh")
    let status = child.wait()
    guard status == 0 else {
      throw .io(
        "the command ended with \(status) on the event of \(line.oid), transaction \(line.txn)",
        hint: last.map { "resume with '--since \($0)'" } ?? "resume without --since")
    }
  }
}
