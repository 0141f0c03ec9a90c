import ArgumentParser
import KVShared

struct RemoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remote", abstract: "Connect a clone to its Stargate.", subcommands: [RemoteSetupCommand.self])

  func run() throws { throw Rejection.commandMissing }
}

struct RemoteSetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup", abstract: "Route the pushes of a remote to the Stargate that the policy names.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The remote (default: kv.remote, else origin).") var remote: String?
  @Option(name: .customLong("push-url"), help: "The Stargate's url, instead of the policy's.") var pushURL: String?

  private struct Result: Encodable {
    let remote: String
    let url: String
    let pushURL: String

    enum CodingKeys: String, CodingKey {
      case remote, url
      case pushURL = "push_url"
    }
  }

  func run() throws {
    let clone = try Clone(options)
    let name = remote ?? clone.config["kv.remote"] ?? "origin"
    guard let url = clone.config["remote.\(name).url"] else {
      throw Rejection.io("there is no remote \(name.quoted)", hint: "git remote add \(name) URL")
    }
    guard let target = try pushURL ?? clone.policy()?.stargate.pushURL else {
      throw Rejection.io(
        "no policy here names a Stargate", hint: "write stargate.push_url in \(PolicyFile.name), or give --push-url")
    }
    try set(clone, "remote.\(name).pushurl", target)
    if name != "origin" || clone.config["kv.remote"] != nil { try set(clone, "kv.remote", name) }
    let present = clone.config.all("remote.\(name).fetch")
    for kind in ["kv", "kv-index", "kv-epoch", "kv-mirror"] {
      let refspec = "+refs/\(kind)/*:refs/kv-tracking/mirror/\(kind)/*"
      if !present.contains(refspec) {
        try clone.git.run(["config", "--add", "remote.\(name).fetch", refspec]).check("git config")
      }
    }
    try options.print(
      Result(remote: name, url: url, pushURL: target), "\(name): reads from \(url), writes to \(target)")
  }

  private func set(_ clone: Clone, _ key: String, _ value: String) throws(Rejection) {
    guard clone.config.all(key) != [value] else { return }
    try clone.git.run(["config", "--replace-all", key, value]).check("git config")
  }
}
