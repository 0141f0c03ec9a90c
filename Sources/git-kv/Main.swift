import ArgumentParser
import Glibc
import KVShared

/// `git kv`: a key-value store whose database is git.
struct GitKV: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git-kv", abstract: "A key-value store whose database is git.",
    usage: "git kv [--ns <namespace>] [--json] [--debug] [--quiet] <command>",
    subcommands: [
      InitCommand.self, RemoteCommand.self, PushCommand.self, GetCommand.self, SetCommand.self, DelCommand.self,
      MsetCommand.self, CasCommand.self, ListCommand.self, WaitCommand.self, WatchCommand.self, VerifyCommand.self,
      HistoryCommand.self, ShowCommand.self, DiffCommand.self, RollbackCommand.self, EpochCommand.self,
      SnapshotCommand.self, ImportCommand.self, CompactCommand.self, AuditCommand.self, StargateCommand.self,
      VersionCommand.self,
    ])

  @OptionGroup var options: GlobalOptions

  func run() throws { throw Rejection.commandMissing }
}

extension Rejection {
  static var commandMissing: Rejection { .usage("a command is missing", hint: "see 'git kv --help'") }
}

@main enum Main {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    let arguments = ArgumentOrder.globalsLast(Array(CommandLine.arguments.dropFirst()))
    exit(run(arguments).rawValue)
  }

  private static func run(_ arguments: [String]) -> KVShared.ExitCode {
    do {
      var command = try Self.command(arguments)
      try command.run()
      return .ok
    } catch let rejection as Rejection {
      return report(rejection, json: arguments.contains("--json"))
    } catch {
      let text = GitKV.fullMessage(for: error)
      if GitKV.exitCode(for: error) == .success {
        try? IO.write(text + "\n", to: 1, "standard output")
        return .ok
      }
      return report(
        Rejection.usage(GitKV.message(for: error), hint: "see 'git kv --help'"), json: arguments.contains("--json"))
    }
  }

  /// Parses with the named command alone, which is several times faster than with the tree of all of them. Whatever
  /// that does not take (help, nested commands, mistakes) goes through the tree, for its words.
  private static func command(_ arguments: [String]) throws -> any ParsableCommand {
    if let name = arguments.first,
      let type = GitKV.configuration.subcommands.first(where: { $0.configuration.commandName == name }),
      type.configuration.subcommands.isEmpty, let command = try? type.parse(Array(arguments.dropFirst()))
    {
      return command
    }
    if let name = arguments.first, !name.hasPrefix("-"), name != "help",
      !GitKV.configuration.subcommands.contains(where: { $0.configuration.commandName == name })
    {
      throw Rejection.usage("unknown command \(name.quoted)", hint: "see 'git kv --help'")
    }
    return try GitKV.parseAsRoot(arguments)
  }

  private static func report(_ rejection: Rejection, json: Bool) -> KVShared.ExitCode {
    try? IO.write(rejection.report, to: 2, "standard error")
    if json { try? IO.write(CanonicalJSON.encode(ErrorReport(rejection)), to: 1, "standard output") }
    return rejection.code
  }
}

/// Lets global options stand before the command too: they are moved behind its name.
enum ArgumentOrder {
  private static let nested: Set<String> = ["cas", "epoch", "remote", "stargate"]

  static func globalsLast(_ arguments: [String]) -> [String] {
    var globals: [String] = []
    var rest = arguments[...]
    while let word = rest.first {
      if ["--json", "--debug", "--quiet"].contains(word) || word.hasPrefix("--ns=") {
        globals.append(rest.removeFirst())
      } else if word == "--ns", rest.count > 1 {
        globals += [rest.removeFirst(), rest.removeFirst()]
      } else {
        break
      }
    }
    let depth = rest.first.map { nested.contains($0) && rest.count > 1 ? 2 : 1 } ?? 0
    return Array(rest.prefix(depth)) + globals + Array(rest.dropFirst(depth))
  }
}
