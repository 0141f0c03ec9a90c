extension Policy {
  /// Reads a policy strictly: whatever is unknown, mistyped or out of range is an error with its line.
  public static func parse(_ bytes: [UInt8], file: String) throws(PolicyError) -> Policy {
    let root = try YAMLNode.parse(bytes, file: file)
    return try PolicyParser(file: file).policy(root)
  }
}

/// Turns nodes into policy types; the readers of single values are in PolicyFields.swift.
private struct PolicyParser {
  let file: String

  func policy(_ node: YAMLNode) throws(PolicyError) -> Policy {
    let fields = try PolicyFields(node, of: "the policy", keys: ["version", "stargate", "namespaces"], file: file)
    guard try fields.integer("version", in: 1...1) != nil else { throw fields.failure("'version' is missing") }
    var policy = Policy()
    if let node = fields["stargate"] { policy.stargate = try stargate(node) }
    if let node = fields["namespaces"] {
      for entry in try PolicyFields.entries(of: node, named: "namespaces", file: file) {
        guard let name = Namespace(entry.key) else {
          throw PolicyError(file: file, line: entry.line, message: "'\(entry.key)' is not a namespace name")
        }
        policy.namespaces[name] = try namespace(entry.value, name: entry.key)
      }
    }
    return policy
  }

  private func stargate(_ node: YAMLNode) throws(PolicyError) -> StargatePolicy {
    let keys = ["push_url", "read_url", "require_mirror_ack_by_default", "admins", "mirror", "branches"]
    let fields = try PolicyFields(node, of: "stargate", keys: keys, file: file)
    var policy = StargatePolicy()
    policy.pushURL = try fields.url("push_url")
    policy.readURL = try fields.url("read_url")
    policy.requireMirrorAckByDefault = try fields.boolean("require_mirror_ack_by_default") ?? false
    policy.admins = try fields.publicKeys("admins")
    policy.branches = try fields.choice("branches")
    if let node = fields["mirror"] {
      let keys = ["max_pushes_per_minute", "showroom", "atomic"]
      let fields = try PolicyFields(node, of: "mirror", keys: keys, file: file)
      policy.mirror.maxPushesPerMinute ?= try fields.integer("max_pushes_per_minute", in: 1...60_000)
      policy.mirror.showroom ?= try fields.boolean("showroom")
      policy.mirror.atomic ?= try fields.choice("atomic")
    }
    return policy
  }

  private func namespace(_ node: YAMLNode, name: String) throws(PolicyError) -> NamespacePolicy {
    let keys = [
      "ledger_mode", "require_signed_commits", "max_value_inline", "max_value_total", "chunking", "allowed_prefixes",
      "writers", "forbidden", "retention", "verify", "sample_size", "etag",
    ]
    let fields = try PolicyFields(node, of: "namespace '\(name)'", keys: keys, file: file)
    var policy = NamespacePolicy()
    policy.ledgerMode ?= try fields.choice("ledger_mode")
    policy.requireSignedCommits ?= try fields.signedCommits("require_signed_commits")
    policy.maxValueTotal ?= try fields.size("max_value_total")
    if let inline = try fields.size("max_value_inline") {
      guard inline <= policy.maxValueTotal else {
        throw fields.failure("'max_value_inline' is above 'max_value_total'", at: "max_value_inline")
      }
      policy.maxValueInline = inline
    } else {
      policy.maxValueInline = min(policy.maxValueInline, policy.maxValueTotal)
    }
    if let node = fields["chunking"] { policy.chunking = try chunking(node) }
    policy.allowedPrefixes = try fields.strings("allowed_prefixes")
    policy.writers = try fields.publicKeys("writers")
    if let node = fields["forbidden"] { policy.forbidLFS = try forbidsLFS(node) }
    if let node = fields["retention"] { policy.retention = try retention(node) }
    policy.verify ?= try fields.choice("verify")
    policy.sampleSize ?= try fields.integer("sample_size", in: 1...1_000_000)
    policy.etag ?= try fields.choice("etag")
    return policy
  }

  private func chunking(_ node: YAMLNode) throws(PolicyError) -> NamespacePolicy.Chunking {
    let fields = try PolicyFields(node, of: "chunking", keys: ["mode", "min", "avg", "max"], file: file)
    var chunking = NamespacePolicy.Chunking()
    chunking.mode ?= try fields.choice("mode")
    chunking.min ?= try fields.size("min")
    chunking.avg ?= try fields.size("avg")
    chunking.max ?= try fields.size("max")
    guard chunking.min <= chunking.avg, chunking.avg <= chunking.max else {
      throw fields.failure(
        "chunk sizes are not min <= avg <= max (\(chunking.min), \(chunking.avg), \(chunking.max) bytes)")
    }
    let bounds = Chunker.sizes
    guard chunking.isSound else {
      throw fields.failure("chunk sizes are not within \(bounds.lowerBound) to \(bounds.upperBound) bytes")
    }
    return chunking
  }

  private func retention(_ node: YAMLNode) throws(PolicyError) -> NamespacePolicy.Retention {
    let keys = ["ttl_default", "ttl_max", "enforce_readside", "epochs"]
    let fields = try PolicyFields(node, of: "retention", keys: keys, file: file)
    var retention = NamespacePolicy.Retention()
    retention.ttlDefault = try fields.duration("ttl_default")
    retention.ttlMax = try fields.duration("ttl_max")
    retention.enforceReadside ?= try fields.boolean("enforce_readside")
    retention.epochs = try fields.integer("epochs", in: 1...1_000_000)
    if let usual = retention.ttlDefault, let most = retention.ttlMax, usual > most {
      throw fields.failure("'ttl_default' is above 'ttl_max'", at: "ttl_default")
    }
    return retention
  }

  /// Reads `[{ lfs: true }]`.
  private func forbidsLFS(_ node: YAMLNode) throws(PolicyError) -> Bool {
    var forbids = false
    for item in try PolicyFields.items(of: node, named: "forbidden", file: file) {
      let fields = try PolicyFields(item, of: "forbidden", keys: ["lfs"], file: file)
      guard let lfs = try fields.boolean("lfs") else { throw fields.failure("'forbidden' has an empty entry") }
      forbids = forbids || lfs
    }
    return forbids
  }
}

infix operator ?= : AssignmentPrecedence

/// Keeps the default on the left where the file says nothing.
private func ?= <Value>(target: inout Value, value: Value?) {
  if let value { target = value }
}
