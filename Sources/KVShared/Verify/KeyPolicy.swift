/// V9: what the policy of a namespace says of one value; the server's verdict and the client's early refusal.
public struct KeyPolicy: Sendable {
  public let rules: NamespacePolicy

  /// A pointer file of Git LFS is never longer.
  static let lfsPointerBytes = 1024
  /// Seconds that a writer's clock may be ahead of this one.
  private static let clockSkew: Int64 = 300
  private static let lfsMarks = [
    "version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/",
    "version http://git-media.io/",
  ]

  public init(_ rules: NamespacePolicy) { self.rules = rules }

  /// Whether the bytes of a value of this size are needed to judge it.
  public func needsBytes(size: Int) -> Bool { rules.forbidLFS && size <= Self.lfsPointerBytes }

  /// Throws `.policy` for a forbidden prefix, size, LFS pointer or lifetime.
  /// - Parameter bytes: the value, or empty where `needsBytes` said no.
  public func check(_ key: Key, size: Int, meta: Metadata, bytes: [UInt8]) throws(Rejection) {
    try check(key)
    guard size <= rules.maxValueTotal else { throw Self.tooLarge(key.description.quoted, size, rules) }
    let limit = rules.maxValueInline
    guard size <= limit else {
      throw .policy(
        "value of \(key.description.quoted) has \(size) bytes, more than max_value_inline (\(limit))",
        hint: "larger values are stored in chunks; 'git kv set' does it")
    }
    if needsBytes(size: size) { try check(key, bytes: bytes) }
    try checkLifetime(key, meta)
  }

  /// The same for a value in chunks, without a look at its bytes.
  /// - Parameter size: bytes of the whole value.
  public func check(chunked key: Key, size: Int, meta: Metadata) throws(Rejection) {
    try check(key)
    guard size <= rules.maxValueTotal else { throw Self.tooLarge(key.description.quoted, size, rules) }
    try checkLifetime(key, meta)
  }

  /// The refusal of a value above `max_value_total`.
  /// - Parameter size: its bytes, nil where nobody has counted to the end.
  public static func tooLarge(_ what: String, _ size: Int?, _ rules: NamespacePolicy) -> Rejection {
    .policy(
      "value of \(what) has \(size.map { "\($0) bytes, " } ?? "")more than max_value_total (\(rules.maxValueTotal)\(size == nil ? " bytes" : ""))",
      hint: "cut it into several keys, or have the policy raised")
  }

  /// Throws `.policy` for bytes that are an LFS pointer.
  public func check(_ key: Key, bytes: [UInt8]) throws(Rejection) {
    guard Self.isLFSPointer(bytes) else { return }
    throw .policy(
      "value of \(key.description.quoted) is an LFS pointer, and LFS is forbidden", hint: "store the value itself")
  }

  /// Git LFS reads a pointer leniently, so every line of it counts: one that names a version, and one that names an object.
  private static func isLFSPointer(_ bytes: [UInt8]) -> Bool {
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map { $0.drop { $0 <= 0x20 } }
    return lines.contains { line in lfsMarks.contains { line.starts(with: $0.utf8) } }
      && lines.contains { $0.starts(with: "oid ".utf8) }
  }

  /// Throws `.policy` for a key outside `allowed_prefixes`.
  public func check(_ key: Key) throws(Rejection) {
    let prefixes = rules.allowedPrefixes
    guard prefixes.isEmpty || prefixes.contains(where: { key.bytes.starts(with: $0.utf8) }) else {
      throw .policy(
        "key \(key.description.quoted) has no allowed prefix", hint: "allowed: \(prefixes.joined(separator: " "))")
    }
  }

  private func checkLifetime(_ key: Key, _ meta: Metadata) throws(Rejection) {
    let retention = rules.retention
    guard let expiry = meta.expiry else {
      if retention.ttlDefault != nil || retention.ttlMax != nil {
        throw .policy(
          "value of \(key.description.quoted) has no ttl, and the policy wants one", hint: "set one with --ttl")
      }
      return
    }
    // A value that claims to come from the future does not live longer for it.
    let clock = Timestamp.now().seconds + Self.clockSkew
    if let most = retention.ttlMax, let start = meta.creation, expiry.seconds - min(start.seconds, clock) > Int64(most)
    {
      throw .policy("ttl of \(key.description.quoted) is longer than ttl_max (\(most) s)", hint: "set a shorter --ttl")
    }
  }
}

extension NamespacePolicy {
  /// Takes what a transaction already holds as it is: the Stargate judges it, or has done so.
  public static var permissive: NamespacePolicy {
    var rules = NamespacePolicy()
    rules.maxValueInline = .max
    rules.maxValueTotal = .max
    return rules
  }
}
