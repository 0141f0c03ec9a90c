/// A mirror in a gitolite, which says who reads and who writes; its home is in the box, its way in the box's sshd.
struct GitoliteHost: MirrorHost {
  let url = "ssh://mirror-worker/org/mirror.git"
  let readURL = "ssh://mirror-reader/org/mirror.git"
  private let box: Sandbox
  private let home: String

  init(_ world: MirrorWorld, _ server: SSHServer) throws {
    box = world.box
    home = box.path("gitolite")
    for folder in ["", "/.gitolite", "/.gitolite/conf", "/.gitolite/logs"] { try Files.makeFolder(home + folder) }
    try write(Self.reads)
    try run("setup")
    let programs = try run("query-rc", "GL_BINDIR")
    let lines = try ["worker", "reader"].map { name in
      let key = try server.makeDoor("mirror-\(name)")
      return "command=\"env HOME=\(home) \(programs)/gitolite-shell \(name)\",restrict \(key)"
    }
    try server.letIn(lines)
    Files.remove(world.mirror.path)
    try Files.link(world.mirror.path, to: "\(home)/repositories/org/mirror.git")
  }

  func welcome(_ isWelcome: Bool) throws {
    try write(isWelcome ? Self.writes : Self.reads)
    try run("compile")
  }

  private static let reads = "R = worker"
  /// All that it takes while no epoch ends: no ref is rewound, none is deleted.
  private static let writes = "RW refs/ = worker"

  private func write(_ rule: String) throws {
    try Files.write(
      "\(home)/.gitolite/conf/gitolite.conf",
      """
      repo org/mirror
          R = reader
          \(rule)

      """)
  }

  @discardableResult
  private func run(_ arguments: String...) throws -> String {
    try box.must(["gitolite"] + arguments, env: ["HOME": home])
  }
}
