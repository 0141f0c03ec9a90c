import Testing

/// Many writers at once: nothing is lost, nobody gives up, and the chain stays one line.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ConcurrencyTests {
  private static let writers = 8
  private static let each = 25

  enum Where: String, Sendable, CaseIterable {
    case ownClones
    case oneClone
  }

  /// Eight processes, 25 sets each; every one must succeed and be there in the end.
  @Test(arguments: [(Transport.path, Where.ownClones), (.ssh, .ownClones), (.path, .oneClone)])
  func sets(_ transport: Transport, _ place: Where) throws {
    let world = try World(Way(format: .sha1, transport: transport))
    try world.gate.idle()
    let clones = try prepare(world, place)
    let script = """
      for i in $(seq \(Self.each)); do
        git kv --quiet set "cfg:$W:$i" "$W/$i" || echo "$i: $?" >&2
      done
      """
    let outcomes = try runTogether(clones.enumerated().map { w, clone in command(world, clone, w, script) })
    for (w, outcome) in outcomes.enumerated() {
      #expect(outcome.ok && outcome.err.isEmpty, "writer \(w): \(outcome.status) \(outcome.errors.suffix(2000))")
      #expect(!outcome.timedOut && !outcome.heldOpen, "writer \(w)")
    }
    #expect(try world.broken() == [])
    let count = try world.gate.repo.must("rev-list", "--count", "refs/kv/main")
    #expect(count == "\(1 + Self.writers * Self.each)")
    let keys = Set(try clones[0].must("list", "--read-from=stargate").split(separator: "\n").map(String.init))
    let wanted = Set((0..<Self.writers).flatMap { w in (1...Self.each).map { "cfg:\(w):\($0)" } })
    #expect(keys == wanted, "missing: \(wanted.subtracting(keys).sorted())")
  }

  /// Eight processes count up one key by compare-and-set until each has succeeded ten times.
  @Test func oneCounter() throws {
    let world = try World()
    try world.gate.idle()
    let clones = try prepare(world, .ownClones)
    try clones[0].must("set", "cfg:counter", "0")
    let script = """
      ok=0 tries=0
      while [ $ok -lt 10 ]; do
        tries=$((tries + 1)); [ $tries -lt 2000 ] || exit 99
        json=$(git kv --json get cfg:counter --read-from=stargate) || exit 98
        tree=${json#*'"tree":"'}; tree=${tree%%'"'*}
        value=${json#*'"value":"'}; value=${value%%'"'*}
        git kv cas set cfg:counter $((value + 1)) --expect-tree "$tree" >/dev/null 2>err.$W
        case $? in
          0) ok=$((ok + 1)) ;;
          2) ;;
          *) cat err.$W >&2; exit 97 ;;
        esac
      done
      echo $ok
      """
    let outcomes = try runTogether(clones.enumerated().map { w, clone in command(world, clone, w, script) })
    var successes = 0
    for (w, outcome) in outcomes.enumerated() {
      #expect(outcome.ok, "writer \(w): \(outcome.status) \(outcome.errors.suffix(2000))")
      successes += Int(outcome.line) ?? 0
    }
    #expect(successes == Self.writers * 10)
    #expect(try clones[0].must("get", "cfg:counter", "--read-from=stargate") == "\(successes)")
    #expect(try world.gate.repo.must("rev-list", "--count", "refs/kv/main") == "\(successes + 2)")
    #expect(try world.broken() == [])
  }

  /// Clones as on eight machines, or one clone that eight programs use.
  private func prepare(_ world: World, _ place: Where) throws -> [Clone] {
    let first = try world.start("w0")
    return try (0..<Self.writers).map { w in
      var clone = w == 0 || place == .oneClone ? first : try world.clone("w\(w)")
      guard place == .ownClones else { return clone }
      let run = world.box.path("run/\(w)")
      try Files.makeFolder(run, mode: 0o700)
      clone.env["XDG_RUNTIME_DIR"] = run
      return clone
    }
  }

  private func command(_ world: World, _ clone: Clone, _ w: Int, _ script: String) -> Command {
    let env = clone.env.merging(["W": "\(w)"]) { $1 }
    return world.box.command(["sh", "-c", script], in: clone.repo.path, env: env, limit: 400)
  }
}
