import ArgumentParser
import KVShared

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

  @OptionGroup var options: GlobalOptions

  private struct Result: Encodable {
    let version: String
  }

  func run() throws {
    try options.print(Result(version: Version.current), "git-kv \(Version.current)")
  }
}
