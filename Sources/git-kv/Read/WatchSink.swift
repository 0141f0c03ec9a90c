import KVShared

/// Where events go: to standard output, or one by one to a command.
struct WatchSink {
  /// Only keys that begin with this are told of, and events with any.
  let prefix: String
  let json: Bool
  let command: String?
  let environment: Environment

  /// The event with the place it has in the watchlog.
  private struct Line: Encodable {
    let commit: String?
    let del: [String]
    let epoch: String
    let error: String?
    let ns: String
    let oid: String
    let set: [String]
    let ts: String
    let txn: String
    let v: Int
  }

  /// Takes one event; returns false where no more is wanted.
  /// Throws `.io` where the command fails, with the place to resume from.
  /// - Parameter position: the event before.
  func take(_ entry: WatchEntry, after position: ObjectID?) throws(Rejection) -> Bool {
    guard !WatchStop.isAsked else { return false }
    let event = entry.event
    func matches(_ key: String) -> Bool { key.utf8.starts(with: prefix.utf8) }
    let (set, del) = (event.set.filter(matches), event.del.filter(matches))
    guard prefix.isEmpty || !set.isEmpty || !del.isEmpty || event.error != nil else { return true }
    let line = Line(
      commit: entry.commit?.hex, del: del, epoch: event.epoch, error: event.error, ns: event.ns, oid: event.oid,
      set: set, ts: event.ts, txn: event.txn, v: event.v)
    if let command {
      try run(command, on: line, after: position)
    } else if json {
      try IO.write(CanonicalJSON.encode(line), to: 1, "standard output")
    } else {
      try IO.write(words(line), to: 1, "standard output")
    }
    return true
  }

  private func run(_ command: String, on line: Line, after position: ObjectID?) throws(Rejection) {
    var environment = environment
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
        "the command ended with \(status) on \(line.txn), ledger commit \(line.oid)",
        hint: position.map { "resume with '--since \($0)'" } ?? "resume without --since")
    }
  }

  /// `<time> <transaction> <ledger> +<key> … -<key> …`; keys with blanks or quotes stand in double quotes, as JSON has them.
  private func words(_ line: Line) -> String {
    var words = [line.ts, line.txn, String(line.oid.prefix(12))]
    words += line.set.map { "+\(Self.word($0))" } + line.del.map { "-\(Self.word($0))" }
    if let error = line.error { words.append("error: \(error)") }
    return words.joined(separator: " ") + "\n"
  }

  private static func word(_ key: String) -> String {
    guard key.utf8.contains(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\"") }) else { return key }
    return String(decoding: CanonicalJSON.line(key), as: UTF8.self)
  }
}
