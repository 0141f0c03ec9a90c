import Glibc
import KVShared

/// Lets successive commands share one SSH connection: setting one up costs more than everything else in a push.
struct SSHMultiplex {
  let config: GitConfig

  /// Adds OpenSSH's connection sharing to git's ssh command for an SSH url, unless `kv.sshMultiplex` is false or
  /// the command is not OpenSSH's.
  func apply(to git: inout Git, url: String) {
    guard let place = SSHCommand.isSSH(url) ? SSHPlace(url) : nil, let options = options(place, git.environment) else {
      return
    }
    SSHCommand(config).add(options, to: &git, url: url)
  }

  /// The options of connection sharing with others that name the place alike; nil where there is none.
  ///
  /// Not by OpenSSH's own `%C`, which is the same for two names of one host: each may stand for a key of its own.
  func options(_ place: SSHPlace, _ environment: Environment) -> String? {
    guard config.bool("kv.sshmultiplex") != false, let command = SSHCommand(config).openSSH(environment),
      !command.contains("ControlPath"), let folder = socketFolder(environment)
    else { return nil }
    let name = Hex.string(BLAKE2b.hash(Array("\(command)\n\(place.host)\n\(place.port ?? "")".utf8), length: 20))
    return "-o ControlMaster=auto -o ControlPersist=60 -o ControlPath='\(folder)/\(name)'"
  }

  /// A folder that only this user can enter; nil where none can be had or its name leaves no room for a socket's.
  private func socketFolder(_ environment: Environment) -> String? {
    let folder: String
    if let runtime = environment["XDG_RUNTIME_DIR"], !runtime.isEmpty {
      folder = "\(runtime)/git-kv"
    } else {
      folder = "\(environment["TMPDIR"] ?? "/tmp")/git-kv-\(getuid())"
    }
    mkdir(folder, 0o700)
    var info = stat()
    guard lstat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR, info.st_uid == getuid(),
      info.st_mode & 0o077 == 0, folder.utf8.count <= 45, !folder.contains("'"), !folder.contains("%")
    else { return nil }
    return folder
  }
}
