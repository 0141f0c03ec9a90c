import ArgumentParser
import Glibc
import KVShared

struct GetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "get", abstract: "Print the value of a key.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The key.") var key: String
  @Flag(help: "Print the bytes and nothing else, also on a terminal.") var raw = false
  @OptionGroup var read: ReadOptions
  @Flag(name: .customLong("allow-expired"), help: "Print the value even if it has expired.") var allowExpired = false

  private struct Result: Encodable {
    let key: String
    let type: String
    let size: Int
    let ctype: String
    let etag: String
    let createdAt: String
    let createdBy: String
    let ttl: String?
    let blob: String
    let ledger: String
    let tree: String
    let value: String?
    let valueBase64: String?

    enum CodingKeys: String, CodingKey {
      case key, type, size, ctype, etag, ttl, blob, ledger, tree, value
      case createdAt = "created_at"
      case createdBy = "created_by"
      case valueBase64 = "value_b64"
    }
  }

  func run() throws {
    guard !(raw && options.json) else { throw Rejection.usage("--raw and --json exclude each other") }
    let key = try Key(argument: key)
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let view = try read.refresh(clone, ns)
    let commit = try RefStore(clone: clone, namespace: ns).ledger(view)
    guard let commit else {
      throw Rejection.noSuchKey("no such key: \(key.description.quoted) (namespace \(ns.name.quoted) is empty)")
    }
    let replies = try clone.reader.read([
      .contents("\(commit.id):\(LedgerTree.dataPath(ns, key))"),
      .contents("\(commit.id):\(LedgerTree.metaPath(ns, key))"),
    ])
    guard let data = replies[0], let metaReply = replies[1] else {
      // git answers "missing" for a path that is not there and for an object that is lost.
      if let slot = try LedgerTree.lookup([key], in: commit.tree, namespace: ns, reader: clone.reader)[key] {
        throw Rejection.io(
          "an object of \(key.description.quoted) is missing here: \(slot.data) or \(slot.meta)",
          hint: "run 'git fsck', and fetch again")
      }
      throw Rejection.noSuchKey("no such key: \(key.description.quoted)")
    }
    let meta = try Metadata(metaReply.bytes, key: key)
    if meta.isExpired(at: .now()), !allowExpired,
      try clone.policy()?.namespaces[ns]?.retention.enforceReadside ?? true
    {
      throw Rejection.expired("\(key.description.quoted) has expired: \(meta.ttl ?? "")")
    }
    guard options.json else { return try printValue(data.bytes) }
    let text = String(validating: data.bytes, as: UTF8.self)
    let result = Result(
      key: key.description, type: "inline", size: data.size, ctype: meta.ctype, etag: meta.etag,
      createdAt: meta.createdAt, createdBy: meta.createdBy, ttl: meta.ttl, blob: data.id.hex,
      ledger: commit.id.hex, tree: commit.tree.hex, value: text,
      valueBase64: text == nil ? Base64.string(data.bytes) : nil)
    try options.print(result, "")
  }

  private func printValue(_ bytes: [UInt8]) throws(Rejection) {
    try IO.write(bytes, to: 1, "standard output")
    if !raw, isatty(1) == 1, bytes.last != UInt8(ascii: "\n") { try IO.write("\n", to: 1, "standard output") }
  }
}
