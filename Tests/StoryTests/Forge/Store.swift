/// What the forge takes a namespace to hold.
struct Value: Sendable, Equatable {
  var bytes: [UInt8]
  var ctype = "text/plain"
  var ttl: String?
  var etag: String
  var createdBy = "dev@example.org"
  var createdAt = "2026-11-23T10:00:00Z"
  /// How it is cut; nil keeps it inline.
  var cut: Cut?

  /// At levels below `deep` nobody recomputes an etag: this one only differs where the bytes differ.
  init(_ bytes: [UInt8], ttl: String? = nil) {
    self.bytes = bytes
    self.ttl = ttl
    etag = "blake3:" + Digest.hex(Digest.sha256(bytes))
  }

  init(_ text: String, ttl: String? = nil) { self.init(Array(text.utf8), ttl: ttl) }

  var meta: JSON {
    var fields: [String: JSON] = [
      "v": .number("1"), "ctype": .string(ctype), "etag": .string(etag), "created_by": .string(createdBy),
      "created_at": .string(createdAt),
    ]
    if let ttl { fields["ttl"] = .string(ttl) }
    return .object(fields)
  }

  func pointer(_ key: String, _ format: ObjectFormat) -> JSON {
    let manifest = manifest(key, format).map { format.id("blob", Array(($0.text + "\n").utf8)) }
    var fields: [String: JSON] = [
      "v": .number("1"), "key": .string(key), "type": .string(manifest == nil ? "inline" : "chunked"),
      "manifest_blob": manifest.map { .string($0) } ?? .null,
      "ledger_blob": manifest == nil ? .string(format.id("blob", bytes)) : .null, "size": .number("\(bytes.count)"),
      "ctype": .string(ctype), "etag": .string(etag),
    ]
    if let ttl { fields["ttl"] = .string(ttl) }
    return .object(fields)
  }

  static func tombstone(_ key: String) -> JSON {
    .object([
      "v": .number("1"), "key": .string(key), "type": .string("deleted"), "ledger_blob": .null, "manifest_blob": .null,
      "size": .number("0"),
    ])
  }
}

/// Every key ever written and its value; nil is a tombstone.
struct Store: Sendable {
  var entries: [String: Value?] = [:]

  var live: [String: Value] { entries.compactMapValues { $0 } }

  /// Keys-Set and Keys-Del of the step from `old` to this.
  func counts(since old: Store) -> (set: Int, del: Int) {
    let (before, after) = (old.live, live)
    return (
      after.count { before[$0.key] != $0.value }, before.count { after[$0.key] == nil }
    )
  }
}
