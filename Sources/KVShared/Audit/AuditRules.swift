/// What an audit takes as given: whose signatures count, and how deep it looks.
public struct AuditRules: Sendable {
  let required: NamespacePolicy.SignedCommits
  let writers: [AuthorizedKey]
  let admins: [AuthorizedKey]
  /// Etags and digests are computed from the bytes, all of which have to be here.
  let isDeep: Bool
  /// Chunks may lie elsewhere.
  public let mayLackChunks: Bool

  /// - Parameters:
  ///   - oldWriters: keys that were trusted once, beyond those of the policy.
  ///   - oldAdmins: likewise for changes of epoch.
  public init(
    _ policy: Policy, _ namespace: NamespacePolicy, oldWriters: [AuthorizedKey], oldAdmins: [AuthorizedKey],
    isDeep: Bool, mayLackChunks: Bool
  ) {
    required = namespace.requireSignedCommits
    writers = namespace.writers + oldWriters
    admins = policy.stargate.admins + oldAdmins
    self.isDeep = isDeep
    self.mayLackChunks = mayLackChunks && !isDeep
  }

  /// A digest of it: an audit goes on only under the rules it began with.
  var binding: String {
    func names(_ keys: [AuthorizedKey]) -> String {
      keys.map { key in
        switch key {
        case .ssh(let type, let blob, _): "\(type) \(Base64.string(blob))"
        case .gpg(let fingerprint): "gpg \(fingerprint)"
        }
      }.sorted().joined(separator: ",")
    }
    let text = "\(required)\n\(isDeep) \(mayLackChunks)\n\(names(writers))\n\(names(admins))\n"
    return Hex.string(BLAKE2b.hash(Array(text.utf8), length: 32))
  }
}
