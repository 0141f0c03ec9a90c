import Glibc
import Testing

/// The worker, its git, and the hook that starts it, killed anywhere: one more run, and the mirror shows everything.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct MirrorKillTests {
  /// What has to be there in the end: everything derived is derived alike, so that every time ends in the same refs.
  private struct Goal {
    let world: MirrorWorld
    let refs: [[String: String]]

    init(_ world: MirrorWorld) throws {
      self.world = world
      #expect(try world.worker("--once").ok)
      #expect(try Together.broken(world) == [])
      refs = try Self.refs(world)
    }

    /// All refs but those of the term, whose commits tell the time.
    private static func refs(_ world: MirrorWorld) throws -> [[String: String]] {
      try [world.gate.repo, world.mirror].map { try $0.refs().filter { !$0.key.contains("kv-term/") } }
    }

    /// What a kill has left is sound; one more run, and all is as it has to be.
    func check(_ place: String) throws {
      #expect(try world.mirror.fsck() == nil, "\(place)")
      let mark = try world.mirror.git("merge-base", "--is-ancestor", "refs/kv-mirror/main", "refs/kv/main")
      #expect(mark.ok, "\(place): the watermark is ahead of the mirror's ledger")
      let again = try world.worker("--once")
      #expect(again.ok && !again.text.contains("corrupt"), "\(place): \(again.status) \(again.text)\(again.errors)")
      #expect(try Self.refs(world) == refs, "\(place)")
      let stray = Files.tree(world.gate.path).filter(Self.isStray)
      #expect(stray == [], "\(place)")
    }

    private static func isStray(_ path: String) -> Bool {
      let name = path.split(separator: "/").last ?? ""
      let isLock = name.hasSuffix(".lock") && !path.hasPrefix(".stargate/")
      return isLock || name.hasPrefix("tmp_") || name.hasSuffix(".kv-new")
    }
  }

  /// Something is on the mirror, something waits, and the journal is due for rotation.
  private func prepare() throws -> (MirrorWorld, Forge) {
    let world = try MirrorWorld()
    guard Traced.isPossible(world.box) else { throw Broken("strace is not installed: the kill tests cannot run") }
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    #expect(try world.worker("--once").ok)
    try forge.set(1, world.gate.path)
    #expect(
      try forge.commit(world.gate.path) { $0.entries["big:0"] = Value(noise: 300, seed: 1, Cut(avg: 200)) }.ok)
    let lines = try Files.read(world.gate.journal)
    try Files.write(
      world.gate.journal, Array([[UInt8]](repeating: lines, count: (130 << 10) / lines.count + 1).joined()))
    return (world, forge)
  }

  @Test func worker() throws {
    let (world, _) = try prepare()
    let moment = try Moment(world)
    let goal = try Goal(world)
    try moment.bringBack()
    let traced = Traced(world.box, world.workerCommand + ["--once"])
    let calls = try traced.calls()
    #expect(Files.exists("\(world.gate.path)/.stargate/journal.1.ndjson"), "the journal was not rotated")
    let places = Array(stride(from: 2, to: calls.count, by: 5))
    #expect(places.count > 100, "\(calls.count) calls")
    var killed = 0
    for n in places {
      try moment.bringBack()
      killed += try traced.kill(calls, n) ? 1 : 0
      try goal.check("call \(n + 1) of \(calls.count), \(calls[n])")
    }
    #expect(killed >= places.count * 3 / 4, "\(killed) kills in \(places.count) tries")
    #expect(try Together.broken(world) == [])
  }

  /// The git that the worker has started is killed, and the worker has to live with it.
  @Test(arguments: ["push", "update-ref", "ls-remote"]) func git(_ word: String) throws {
    let (world, _) = try prepare()
    let moment = try Moment(world)
    let goal = try Goal(world)
    let git = try world.box.must(["sh", "-c", "command -v git"])
    let log = world.box.path("git-calls")
    // The locks of a killed git are given up after a while, which has passed at once.
    func wrap(_ options: [String]) throws {
      try Files.write(
        world.box.path("bin/git"),
        """
        #!/bin/sh
        for word; do
          case $word in
            \(word))
              strace \(options.joined(separator: " ")) \(git) "$@"
              status=$?
              find '\(world.gate.path)/refs' -name '*.lock' -exec touch -d '-1 min' {} ';'
              exit $status ;;
            for-each-ref | config | cat-file | push | ls-remote | update-ref) break ;;
          esac
        done
        exec \(git) "$@"

        """, mode: 0o755)
    }
    try moment.bringBack()
    try wrap(["-qq", "-o", log])
    #expect(try world.worker("--once").ok)
    let calls = try Traced.names(log)
    // The beginning is the dynamic linker's.
    for n in stride(from: calls.count / 3, to: calls.count, by: max(1, calls.count * 2 / 3 / 10)) {
      unlink(world.box.path("bin/git"))
      try moment.bringBack()
      try wrap(Traced.killing(calls, n))
      try world.worker("--once")
      unlink(world.box.path("bin/git"))
      try goal.check("git \(word), call \(n + 1) of \(calls.count), \(calls[n])")
    }
    #expect(try Together.broken(world) == [])
  }

  @Test func postReceive() throws {
    let (world, forge) = try prepare()
    let hook = "\(world.gate.path)/hooks/post-receive"
    let program = "\(Installed.libexec)/kv-post-receive"
    let log = world.box.path("hook-calls")
    func wrap(_ options: [String]) throws {
      let strace = (["strace"] + options).joined(separator: " ")
      unlink(hook)
      try Files.write(hook, "#!/bin/sh\n\(strace) \(program) \"$@\"\necho $? >>\(log).status\n", mode: 0o755)
    }
    let moment = try Moment(world)
    let push = try forge.ready(world.gate.path) { $0.entries["cfg:last"] = Value("last") }
    try wrap(["-qq", "-o", log])
    try world.box.must(push)
    let calls = try Traced.names(log)
    try world.box.untilQuiet()
    let goal = try Goal(world)
    let places = Array(stride(from: 2, to: calls.count, by: 5))
    for n in places {
      try moment.bringBack()
      try wrap(Traced.killing(calls, n))
      let outcome = try world.box.run(push)
      #expect(outcome.ok && !outcome.heldOpen, "call \(n + 1) of \(calls.count), \(calls[n]): \(outcome.errors)")
      try goal.check("call \(n + 1) of \(calls.count), \(calls[n])")
    }
    let kills = try Files.text("\(log).status").split(separator: "\n").count { $0 == "137" }
    #expect(kills >= places.count * 3 / 4 && places.count >= 10, "\(kills) kills in \(places.count) tries")
    #expect(try Together.broken(world) == [])
  }
}
