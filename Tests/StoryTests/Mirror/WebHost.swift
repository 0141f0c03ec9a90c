import Glibc

/// A mirror behind a web server, which runs git's smart HTTP program: everybody reads, who knows the password pushes.
final class WebHost: MirrorHost {
  let url: String
  private let box: Sandbox
  private let pid: pid_t

  var readURL: String { url }

  init(_ world: MirrorWorld) throws {
    box = world.box
    let folder = box.path("web")
    for name in ["", "/repositories"] { try Files.makeFolder(folder + name, mode: 0o700) }
    try box.must(["mv", world.mirror.path, "\(folder)/repositories/mirror.git"])
    try Files.link(world.mirror.path, to: "\(folder)/repositories/mirror.git")
    try Files.write("\(folder)/users", "worker:the password\n")
    let program = try box.must(["git", "--exec-path"]) + "/git-http-backend"
    var started: (port: Int, pid: pid_t)?
    for _ in 0..<5 where started == nil {
      let port = try SSHServer.freePort()
      try Files.write("\(folder)/config", Self.config(folder, port, program, box))
      // The box is quiet whether or not this server runs.
      guard try box.run(["lighttpd", "-f", "\(folder)/config"], env: ["KV_TEST_BOX": ""]).ok else { continue }
      let deadline = now() + 5
      while now() < deadline, started == nil {
        if let text = try? Files.text("\(folder)/pid"), text.hasSuffix("\n"), let pid = pid_t(text.dropLast()) {
          started = (port, pid)
        } else {
          usleep(5_000)
        }
      }
    }
    guard let started else { throw Broken("lighttpd does not start: \((try? Files.text("\(folder)/log")) ?? "")") }
    pid = started.pid
    url = "http://127.0.0.1:\(started.port)/git/mirror.git"
    try world.gate.repo.must("config", "credential.helper", "store --file=\(folder)/credentials")
    try welcome(false)
  }

  deinit {
    kill(pid, SIGTERM)
    let deadline = now() + 1
    while kill(pid, 0) == 0 && now() < deadline { usleep(5_000) }
  }

  /// The Stargate knows the password, or believes that it does.
  func welcome(_ isWelcome: Bool) throws {
    let password = isWelcome ? "the%20password" : "another"
    let address = url.split(separator: "/")[1]
    try Files.write(box.path("web/credentials"), "http://worker:\(password)@\(address)\n", mode: 0o600)
  }

  private static func config(_ folder: String, _ port: Int, _ program: String, _ box: Sandbox) -> String {
    let users = #"("" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))"#
    return """
      server.bind = "127.0.0.1"
      server.port = \(port)
      server.document-root = "\(folder)/repositories"
      server.upload-dirs = ("\(box.root)/tmp")
      server.pid-file = "\(folder)/pid"
      server.errorlog = "\(folder)/log"
      server.modules = ("mod_auth", "mod_authn_file", "mod_alias", "mod_setenv", "mod_cgi")
      alias.url = ("/git" => "\(program)")
      cgi.assign = ("" => "")
      setenv.set-environment = (
        "GIT_PROJECT_ROOT" => "\(folder)/repositories", "GIT_HTTP_EXPORT_ALL" => "1",
        "GIT_CONFIG_NOSYSTEM" => "1", "GIT_CONFIG_GLOBAL" => "\(box.root)/gitconfig"
      )
      auth.backend = "plain"
      auth.backend.plain.userfile = "\(folder)/users"
      $HTTP["querystring"] =~ "service=git-receive-pack" { auth.require = \(users) }
      $HTTP["url"] =~ "/git-receive-pack$" { auth.require = \(users) }

      """
  }
}
