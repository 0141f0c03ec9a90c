import ArgumentParser
import Glibc
import KVShared

struct GetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the value of a key.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The key.") var key: String
  @Flag(help: "Print the bytes and nothing else, also on a terminal.") var raw = false
  @Option(help: "Write the value to this file, which appears only when it is whole.") var output: String?
  @Option(parsing: .unconditional, help: "Only these bytes: 0-99, 100-, or -20 for the last 20.") var range: String?
  @Option(help: "As it was then: a ledger commit, a transaction, a date, or how long ago (7d).") var at: String?
  @OptionGroup var read: ReadOptions
  @Flag(name: .customLong("allow-expired"), help: "Print the value even if it has expired.") var allowExpired = false

  func run() throws {
    guard !(raw && options.json) else { throw Rejection.usage("--raw and --json exclude each other") }
    guard range == nil || !options.json else { throw Rejection.usage("--range and --json exclude each other") }
    let key = try Key(argument: key)
    let wanted = try range.map(ByteRange.init)
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let moment = try at.map { (name) throws(Rejection) in try Moments(clone, ns, read).find(name) }
    let commit = try moment?.commit ?? newest(clone, ns, key)
    let then = at.map { " at \($0.quoted)" } ?? ""
    let reader = ValueReader(
      clone: clone, namespace: ns, chunks: try read.chunkSource(clone, ns, quiet: options.quiet), reader: clone.reader)
    guard let value = try reader.find(key, in: commit) else {
      throw Rejection.noSuchKey("no such key\(then): \(key.description.quoted)")
    }
    if value.meta.isExpired(at: moment?.instant ?? .now()), !allowExpired,
      try clone.policy()?.namespaces[ns]?.retention.enforceReadside ?? true
    {
      throw Rejection.expired("\(key.description.quoted) has expired\(then): \(value.meta.ttl ?? "")")
    }
    if output != nil || !options.json {
      try write(value, try wanted?.resolve(size: value.size, of: key), reader)
    }
    if options.json { try options.print(ValueReport(value, commit, hasValue: output == nil), "") }
  }

  private func newest(_ clone: Clone, _ ns: Namespace, _ key: Key) throws(Rejection) -> Commit {
    let view = try read.refresh(clone, ns)
    guard let commit = try RefStore(clone: clone, namespace: ns).ledger(view) else {
      throw .noSuchKey("no such key: \(key.description.quoted) (namespace \(ns.name.quoted) is empty)")
    }
    return commit
  }

  private func write(_ value: FoundValue, _ range: Range<Int>?, _ reader: ValueReader) throws(Rejection) {
    let target = try ValueOutput(path: output)
    let meter = ByteMeter("reading \(value.key)", total: range?.count ?? value.size, isQuiet: options.quiet)
    defer { meter.end() }
    var last: UInt8?
    try reader.read(value, range, meter: meter) { (bytes) throws(Rejection) in
      try target.write(bytes)
      last = bytes.last ?? last
    }
    try target.finish()
    if output == nil || output == "-", !raw, isatty(1) == 1, last != UInt8(ascii: "\n") {
      try IO.write("\n", to: 1, "standard output")
    }
  }
}

/// What `get --json` prints.
struct ValueReport: Encodable {
  let key: String
  let type: String
  let size: Int
  let ctype: String
  let etag: String
  let createdAt: String
  let createdBy: String
  let ttl: String?
  /// The value's blob, or its manifest's.
  let blob: String
  /// How many chunks a chunked value has.
  let chunks: Int?
  let ledger: String
  let tree: String
  let value: String?
  let valueBase64: String?

  enum CodingKeys: String, CodingKey {
    case key, type, size, ctype, etag, ttl, blob, chunks, ledger, tree, value
    case createdAt = "created_at"
    case createdBy = "created_by"
    case valueBase64 = "value_b64"
  }

  /// - Parameter hasValue: whether an inline value is part of the report; one in chunks never is.
  init(_ found: FoundValue, _ commit: Commit, hasValue: Bool) {
    key = found.key.description
    size = found.size
    ctype = found.meta.ctype
    etag = found.meta.etag
    createdAt = found.meta.createdAt
    createdBy = found.meta.createdBy
    ttl = found.meta.ttl
    blob = found.blob.hex
    ledger = commit.id.hex
    tree = commit.tree.hex
    switch found.content {
    case .inline(let reply):
      type = "inline"
      chunks = nil
      value = hasValue ? String(validating: reply.bytes, as: UTF8.self) : nil
      valueBase64 = hasValue && value == nil ? Base64.string(reply.bytes) : nil
    case .chunked(let manifest, _):
      type = "chunked"
      chunks = manifest.chunks.count
      value = nil
      valueBase64 = nil
    }
  }
}
