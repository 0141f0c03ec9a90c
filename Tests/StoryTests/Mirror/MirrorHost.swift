/// A git host that is not ours, as a mirror: it takes what it lets through, and knows nothing of key and value.
protocol MirrorHost: Sendable {
  /// Where the Stargate pushes to.
  var url: String { get }
  /// Where everybody reads.
  var readURL: String { get }
  /// Whether the Stargate may push, from now on; at first it may not.
  func welcome(_ isWelcome: Bool) throws
}

enum HostKind: String, Sendable, CaseIterable, CustomStringConvertible {
  case ssh, gitolite, http

  var description: String { rawValue }

  /// Moves the mirror of a world to a host of this kind, as an operator does; the Stargate gets what it needs to log in.
  func move(_ world: MirrorWorld) throws -> any MirrorHost {
    guard let server = world.server else { throw Broken("the world has no sshd") }
    // A worker that a push has started over ssh has the daemon's environment.
    try world.gate.repo.must("config", "core.sshCommand", server.command)
    let host: any MirrorHost =
      switch self {
      case .ssh: try SSHHost(world, server)
      case .gitolite: try GitoliteHost(world, server)
      case .http: try WebHost(world)
      }
    try world.wake()
    try world.box.must([
      "\(Installed.project)/install.sh", "--from", Installed.prefix, "--prefix", Installed.prefix,
      "--repo", world.gate.path, "--mirror", host.url,
    ])
    try world.idle()
    return host
  }
}

/// A bare repository behind an sshd.
struct SSHHost: MirrorHost {
  let url: String
  let readURL: String
  private let server: SSHServer
  private let key: String

  init(_ world: MirrorWorld, _ server: SSHServer) throws {
    self.server = server
    key = try server.makeDoor("mirror-worker")
    url = "ssh://mirror-worker\(world.mirror.path)"
    readURL = server.url(world.mirror.path)
  }

  func welcome(_ isWelcome: Bool) throws { try server.letIn(isWelcome ? [key] : []) }
}
