import ArgumentParser
import KVShared

struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Delete expired keys, and put old epochs into bundles, as the policy says.",
    discussion: """
      Expired keys go with a transaction. Epochs beyond the policy's retention.epochs are put into git bundles on the
      Stargate's host, and leave its repository once their bundle has been read back; an admin signs for that.
      """)

  @OptionGroup var options: GlobalOptions
  @Option(help: "Put this sealed epoch into a bundle, whatever the policy says.") var epoch: String?
  @Flag(name: .customLong("dry-run"), help: "Say what would be done, and stop.") var dryRun = false
  @Flag(name: .customLong("ask-signature"), help: .hidden) var asksSignature = false

  func run() throws {
    let label = try epoch.map { (text) throws(Rejection) in try EpochLabel(argument: text) }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let key = SSHKey(config: clone.config, environment: clone.git.environment)
    switch try StargateSite(clone) {
    case .here(let path):
      // A Stargate takes transactions by push alone.
      if path != clone.gitDirectory, label == nil { try Purge(options: options).run(dryRun: dryRun) }
      try Compacting(namespace: ns, label: label, dryRun: dryRun, options: options).run(path) {
        (challenge) throws(Rejection) in
        asksSignature ? try Question.ask(challenge) : try key.sign(challenge)
      }
    case .host(let place):
      if label == nil { try Purge(options: options).run(dryRun: dryRun) }
      var words = ["compact", "--ask-signature", "--ns", ns.name] + (label.map { ["--epoch", $0.name] } ?? [])
      words += (dryRun ? ["--dry-run"] : []) + (options.json ? ["--json"] : []) + (options.quiet ? ["--quiet"] : [])
      try RemoteShell(clone: clone, place: place).run(words) { (challenge) throws(Rejection) in
        try key.sign(challenge)
      }
    }
  }
}
