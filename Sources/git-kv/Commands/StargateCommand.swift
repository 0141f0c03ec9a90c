import ArgumentParser
import KVShared

struct StargateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stargate", abstract: "See to a Stargate and its mirror, on its host or over its ssh.",
    subcommands: [StargateStatusCommand.self, StargateSyncCommand.self])

  func run() throws { throw Rejection.commandMissing }
}

struct StargateStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show role, mirror, backlog and journal; asks no mirror.")

  @OptionGroup var options: GlobalOptions

  func run() throws {
    let clone = try Clone(options)
    switch try StargateSite(clone) {
    case .here(let path):
      let status = try MirrorStatus(try Station(repository: path))
      let text = options.json ? CanonicalJSON.encode(status) : Array(StatusText(status).text.utf8)
      try IO.write(text, to: 1, "standard output")
    case .host(let place):
      let words = ["stargate", "status"] + (options.json ? ["--json"] : [])
      try RemoteShell(clone: clone, place: place).run(words) { (_) throws(Rejection) in
        throw .io("the Stargate asked for a signature")
      }
    }
  }
}

struct StargateSyncCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Compare the mirror with the Stargate, and bring them together.",
    discussion: """
      Without --repair, --force or --hard nothing changes. The plan is printed first. An admin of the policy signs for
      what would take commits or refs from the mirror.
      """)

  @OptionGroup var options: GlobalOptions
  @Flag(help: "Do what loses nothing: forward, create, set the watermark.") var repair = false
  @Flag(help: "Overwrite what has parted too.") var force = false
  @Flag(help: "Delete what the Stargate does not have too.") var hard = false
  @Flag(name: .customLong("dry-run"), help: "Print the plan and stop.") var dryRun = false
  @Flag(name: .customLong("ask-signature"), help: .hidden) var asksSignature = false

  func run() throws {
    guard [repair, force, hard].count(where: { $0 }) <= 1 else {
      throw Rejection.usage("--repair, --force and --hard exclude each other")
    }
    let mode: SyncPlan.Mode = hard ? .hard : force ? .force : repair ? .repair : .compare
    let clone = try Clone(options)
    let key = SSHKey(config: clone.config, environment: clone.git.environment)
    switch try StargateSite(clone) {
    case .here(let path):
      let namespace = try options.namespaceName.map { (_) throws(Rejection) in try options.namespace(clone.config) }
      try Synchronizing(mode: mode, namespace: namespace, dryRun: dryRun, options: options).run(path) {
        (challenge) throws(Rejection) in
        asksSignature ? try Question.ask(challenge) : try key.sign(challenge)
      }
    case .host(let place):
      var words = ["stargate", "sync", "--ask-signature"] + (mode == .compare ? [] : ["--\(mode.rawValue)"])
      words += (dryRun ? ["--dry-run"] : []) + (options.json ? ["--json"] : [])
      words += options.namespaceName.map { ["--ns", $0] } ?? []
      try RemoteShell(clone: clone, place: place).run(words) { (challenge) throws(Rejection) in
        try key.sign(challenge)
      }
    }
  }
}
