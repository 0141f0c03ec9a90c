/// OpenSSH options for the ssh that git runs.
public struct SSHCommand {
  let config: GitConfig

  public init(_ config: GitConfig) { self.config = config }

  public static func isSSH(_ url: String) -> Bool {
    if url.hasPrefix("ssh://") || url.hasPrefix("git+ssh://") { return true }
    guard !url.contains("://"), let colon = url.firstIndex(of: ":") else { return false }
    return !url[..<colon].contains("/")
  }

  /// The command git would run, where it is OpenSSH's; nil where it is another or git is told to use another.
  public func openSSH(_ environment: Environment) -> String? {
    guard environment["GIT_SSH"] == nil, config["ssh.variant"].map({ $0 == "ssh" || $0 == "auto" }) ?? true else {
      return nil
    }
    let command = environment["GIT_SSH_COMMAND"] ?? config["core.sshcommand"] ?? "ssh"
    let program = command.split(separator: " ").first.flatMap { $0.split(separator: "/").last } ?? ""
    return program == "ssh" ? command : nil
  }

  /// Makes git's ssh take options too, for an SSH url and where it is OpenSSH's.
  public func add(_ options: String, to git: inout Git, url: String) {
    guard Self.isSSH(url), let command = openSSH(git.environment) else { return }
    git.environment["GIT_SSH_COMMAND"] = "\(command) \(options)"
  }
}
