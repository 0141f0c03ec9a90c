import KVShared

/// Turns values into blobs, metadata and pointers, and refuses early what the Stargate would refuse.
struct ValueWriter {
  let store: ObjectStore
  let policy: KeyPolicy
  let createdBy: String
  let now: Timestamp

  /// Stores a value and its metadata.
  /// - Parameter lifetime: what `--ttl` said; nil takes the policy's default.
  func edit(_ key: Key, _ value: [UInt8], ctype: String?, lifetime: Lifetime?) throws(Rejection) -> KeyEdit {
    let rules = policy.rules
    let expiry: Timestamp?
    switch lifetime {
    case .until(let instant): expiry = instant
    case .seconds(let seconds): expiry = now.adding(seconds)
    case nil: expiry = rules.retention.ttlDefault.map { now.adding(Int64($0)) }
    }
    if let expiry, expiry <= now { throw .usage("ttl of \(key.description.quoted) has passed already: \(expiry)") }
    let meta = try Metadata(
      ctype: ctype ?? Self.guessType(value), etag: ETag(of: value, rules.etag), createdBy: createdBy, createdAt: now,
      ttl: expiry)
    try policy.check(key, size: value.count, meta: meta, bytes: value)
    let data = try store.store(.blob, value)
    let metaBlob = try store.store(.blob, CanonicalJSON.encode(meta))
    return .set(
      LedgerTree.Slot(data: data, meta: metaBlob), Pointer(inline: key, blob: data, size: value.count, meta: meta))
  }

  /// Text is text, everything else is bytes.
  private static func guessType(_ value: [UInt8]) -> String {
    !value.contains(0) && String(validating: value, as: UTF8.self) != nil ? "text/plain" : "application/octet-stream"
  }
}

/// How long a value lives: `30d`, or until an instant.
enum Lifetime {
  case seconds(Int64)
  case until(Timestamp)

  /// Throws `.usage` for anything but a duration (`s m h d`) or an RFC 3339 UTC instant.
  init(_ text: String) throws(Rejection) {
    if let instant = Timestamp(text) {
      self = .until(instant)
      return
    }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count > 0,
      String(count) == text.dropLast(), case (let seconds, let overflow) = count.multipliedReportingOverflow(by: unit),
      !overflow
    else {
      throw .usage(
        "malformed ttl \(text.quoted)",
        hint: "write a duration as 90s, 15m, 12h or 30d, or an instant as 2026-12-31T00:00:00Z")
    }
    self = .seconds(seconds)
  }
}

extension Timestamp {
  /// Later by some seconds, at most the last instant that can be written.
  func adding(_ more: Int64) -> Timestamp {
    let (sum, overflow) = seconds.addingReportingOverflow(more)
    return overflow || sum > Timestamp.last.seconds ? .last : Timestamp(seconds: sum)
  }
}
