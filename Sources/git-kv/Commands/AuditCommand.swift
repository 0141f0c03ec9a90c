import ArgumentParser
import KVShared

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prove a store from its first commit: the evidence that nothing was tampered with.",
    discussion: """
      Every transaction is proved again as the Stargate proved it. The first link that does not hold ends the audit.
      What was proved is noted, and the next audit goes on from there.
      """)

  @OptionGroup var options: GlobalOptions
  @Flag(help: "Every namespace of the policy.") var all = false
  @Flag(help: "Older epochs too, from the first one on.") var epochs = false
  @Flag(help: "Compute etags and digests from the bytes, which all have to be here.") var deep = false
  @Option(help: "A file with public keys of writers who are in the policy no more, one a line.") var signers: String?
  @Option(name: .customLong("admin-signers"), help: "The same for admins.") var adminSigners: String?
  @Flag(name: .customLong("skip-compacted"), help: "Epochs in bundles are no failure, though they are not walked.")
  var skipCompacted = false
  @Flag(help: "Begin anew, whatever an earlier audit has proved.") var restart = false
  @OptionGroup var read: ReadOptions

  func run() throws {
    guard !all || options.namespaceName == nil else { throw Rejection.usage("--all and --ns exclude each other") }
    let old = (writers: try Self.keys(signers), admins: try Self.keys(adminSigners))
    let clone = try Clone(options)
    guard let policy = try clone.policy() else {
      throw Rejection.policy(
        "there is no policy here that says whose signatures count", hint: "audit where \(PolicyFile.name) is")
    }
    let source = try AuditSource(clone, read, epochs: epochs)
    let namespaces =
      all ? policy.namespaces.keys.sorted { $0.name < $1.name } : [try options.namespace(clone.config)]
    var worst: Rejection?
    for ns in namespaces {
      guard let rules = policy.namespaces[ns] else {
        throw Rejection.policy("namespace \(ns.name.quoted) is not in the policy", hint: "choose another with --ns")
      }
      let audit = StoreAudit(
        source: source, namespace: ns,
        rules: AuditRules(
          policy, rules, oldWriters: old.writers, oldAdmins: old.admins, isDeep: deep,
          mayLackChunks: source.mayLackChunks),
        options: options, restarts: restart, skipsCompacted: skipCompacted)
      do throws(Rejection) {
        try audit.run(isOneOfMany: all)
      } catch {
        guard all, [.attestation, .moreToDo].contains(error.code) else { throw error }
        if worst?.code != .attestation { worst = error }
      }
    }
    if let worst { throw worst }
  }

  /// Reads a file of public keys; blank lines and lines that begin with `#` are passed over.
  private static func keys(_ path: String?) throws(Rejection) -> [AuthorizedKey] {
    guard let path else { return [] }
    guard let bytes = try IO.readFile(path, limit: 1 << 20) else { throw .io("there is no file \(path.quoted)") }
    var keys: [AuthorizedKey] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let text = String(decoding: line, as: UTF8.self).trimmingSpaces
      guard !text.isEmpty, !text.hasPrefix("#") else { continue }
      do throws(AuthorizedKey.Malformed) {
        keys.append(try AuthorizedKey.parse(text))
      } catch {
        throw .usage("\(path):\(number + 1): \(error.message)", hint: "a line is '<type> <base64> [comment]'")
      }
    }
    return keys
  }
}
