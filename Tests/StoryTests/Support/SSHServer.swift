import Glibc

/// A real sshd on loopback: its own host key, its own port, one client key; ended by its process id.
final class SSHServer: Sendable {
  let port: Int
  let box: Sandbox
  private let pid: pid_t

  /// Starts it and puts an `ssh` before the others in PATH that knows its key, as `~/.ssh/config` would.
  init(_ box: Sandbox) throws {
    self.box = box
    let folder = box.path("sshd")
    try Files.makeFolder(folder, mode: 0o700)
    if getuid() == 0 { try Files.makeFolder("/run/sshd") }
    for name in ["host", "client"] {
      try box.must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(folder)/\(name)"])
    }
    try Files.write("\(folder)/authorized", try Files.read("\(folder)/client.pub"), mode: 0o600)
    var started: (port: Int, pid: pid_t)?
    for _ in 0..<5 where started == nil {
      let port = try Self.freePort()
      try Files.write("\(folder)/config", Self.serverConfig(folder, port, box))
      let begun = try box.run([
        "/usr/sbin/sshd", "-f", "\(folder)/config", "-E", "\(folder)/log", "-o", "PidFile=\(folder)/pid",
      ])
      guard begun.ok else { continue }
      let deadline = now() + 5
      while now() < deadline {
        if let text = try? Files.text("\(folder)/pid"), text.hasSuffix("\n"), Self.answers(port),
          let pid = pid_t(text.dropLast())
        {
          started = (port, pid)
          break
        }
        usleep(10_000)
      }
    }
    guard let started else { throw Broken("sshd does not start: \((try? Files.text("\(folder)/log")) ?? "")") }
    (port, pid) = started
    let hostKey = try Files.text("\(folder)/host.pub").split(separator: " ").prefix(2).joined(separator: " ")
    try Files.write("\(folder)/known", "[127.0.0.1]:\(port) \(hostKey)\n")
    try Files.write(
      "\(folder)/client.config",
      """
      Host 127.0.0.1
        IdentityFile \(folder)/client
      Host *
        IdentitiesOnly yes
        IdentityAgent none
        UserKnownHostsFile \(folder)/known
        GlobalKnownHostsFile /dev/null
        StrictHostKeyChecking yes
        BatchMode yes
        LogLevel ERROR

      """)
    try Files.write(
      box.path("bin/ssh"), "#!/bin/sh\nexec /usr/bin/ssh -F '\(folder)/client.config' \"$@\"\n", mode: 0o755)
  }

  deinit {
    kill(pid, SIGTERM)
    // It is no child of ours (it forked away), so wait until it is gone or a second has passed.
    let deadline = now() + 1
    while kill(pid, 0) == 0 && now() < deadline { usleep(5_000) }
  }

  /// The address of a path on this machine.
  func url(_ path: String) -> String { "ssh://127.0.0.1:\(port)\(path)" }

  /// What git needs to have as its ssh where this box's `PATH` does not hold.
  var command: String { "ssh -F \(box.path("sshd"))/client.config" }

  /// Makes `ssh://<name>/` an address of this server with a key of its own, which is not let in yet.
  /// - Returns: the public key.
  func makeDoor(_ name: String) throws -> String {
    let (key, config) = (box.path("sshd/\(name)"), box.path("sshd/client.config"))
    try box.must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key])
    let door = """
      Host \(name)
        HostName 127.0.0.1
        Port \(port)
        IdentityFile \(key)

      """
    try Files.write(config, try Files.text(config) + door)
    return try Files.text("\(key).pub")
  }

  /// Lets in the client's own key, and these.
  /// - Parameter lines: of `authorized_keys`.
  func letIn(_ lines: [String]) throws {
    let client = try Files.text(box.path("sshd/client.pub"))
    try Files.write(box.path("sshd/authorized"), ([client] + lines).joined(), mode: 0o600)
  }

  private static func serverConfig(_ folder: String, _ port: Int, _ box: Sandbox) -> String {
    """
    ListenAddress 127.0.0.1:\(port)
    HostKey \(folder)/host
    AuthorizedKeysFile \(folder)/authorized
    StrictModes no
    UsePAM no
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin prohibit-password
    MaxStartups 200:30:400
    MaxSessions 200
    LogLevel VERBOSE
    PrintMotd no
    SetEnv GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=\(box.root)/gitconfig LC_ALL=C KV_TEST_BOX=\(box.root)

    """
  }

  static func freePort() throws -> Int {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(fd) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, length) == 0 && getsockname(fd, $0, &length) == 0
      }
    }
    guard bound else { throw Broken("no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func answers(_ port: Int) -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(fd) }
    var address = loopback(port)
    return withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
