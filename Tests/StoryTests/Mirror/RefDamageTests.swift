import Testing

/// Refs of the server's own that a power cut or a hand has damaged: the next run of the worker sets them right.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RefDamageTests {
  /// What is done in the Stargate; `$L`, `$W`, `$T`, `$M` are the files of ledger, watchlog, memory and watermark, and
  /// `move NAME OBJECT` moves a ref behind the hooks' back.
  static let damages = [
    #"move "$W" "$(git commit-tree -m junk "$(git mktree </dev/null)")""#,
    #"move "$W" "$(echo junk | git hash-object -w --stdin)""#,
    #"move "$W" "$(git rev-parse "$W~1")""#,
    #"move "$W" "$(git commit-tree -m junk "$W^{tree}" -p "$W~1")""#,
    #"echo junk >"$W""#,
    #": >"$W""#,
    #"rm "$W""#,
    #"git rev-parse "$L" | tr 0-9a-f a-f0-9 >"$W""#,
    #"git symbolic-ref "$W" "$L""#,
    #"touch -d '-1 min' "$W.lock""#,
    #"touch -d '+1 hour' "$W.lock""#,
    #"move "$T/kv/main" "$(git commit-tree -m junk "$(git mktree </dev/null)")""#,
    #"move "$T/kv/main" "$(echo junk | git hash-object -w --stdin)""#,
    #"move "$T/kv-index/main" "$L""#,
    #"move "$T/kv-term/leader" "$L""#,
    #"echo junk >"$T/kv/main""#,
    #": >"$T/kv-mirror/main""#,
    #"rm -r "$T""#,
    #"touch -d '-1 min' "$T/kv/main.lock""#,
    #"move "$M" "$(git commit-tree -m junk "$(git mktree </dev/null)")""#,
    #"echo junk >"$M""#,
    #"rm "$M""#,
    #"touch -d '-1 min' "$L.lock""#,
    #"git --git-dir="$MIRROR" update-ref -d refs/kv-term/leader"#,
  ]

  @Test(arguments: [true, false]) func rightAgain(_ isBehind: Bool) throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    for n in 0..<3 { try forge.set(n, world.gate.path) }
    #expect(try world.worker("--once").ok)
    let ledger = "\(world.gate.path)/refs/kv/main"
    for (n, damage) in Self.damages.enumerated() {
      if isBehind { try forge.set(10 + n, world.gate.path) }
      let script = """
        set -eu
        move() { git -c core.hooksPath=/dev/null update-ref --no-deref "$1" "$2"; }
        L=refs/kv/main W=refs/kv-watchlog/main@2026Q4 T=refs/kv-tracking/mirror M=refs/kv-mirror/main
        \(damage)
        """
      try world.box.must(["sh", "-c", script], in: world.gate.path, env: ["MIRROR": world.mirror.path])
      let run = try world.worker("--once", limit: 30)
      #expect(run.ok, "\(damage): \(run.status) \(run.text)\(run.errors)")
      #expect(try Together.broken(world) == [], "\(damage)")
      #expect(try world.gate.repo.id("refs/kv/main") == forge.tips?.ledger, "\(damage): the ledger has moved")
      let lock = Files.exists("\(ledger).lock")
      #expect(lock == damage.contains("$L.lock"), "\(damage): the lock of a ref that is not the worker's")
      if lock { Files.remove("\(ledger).lock") }
    }
  }

  /// A push has locked its refs and not moved them all, one of them new: nothing goes to the mirror before it has.
  @Test func halfOfAPush() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    let lock = "\(world.gate.path)/refs/kv-chunks/main@2026Q4.lock"
    try Files.makeFolder("\(world.gate.path)/refs/kv-chunks")
    try Files.write(lock, "")
    try world.countPushes()
    let worker = try world.running("--drain")
    try until("the watchlog is written") { try world.gate.repo.id("refs/kv-watchlog/main@2026Q4") != nil }
    // Long enough for a worker that does not care.
    let begun = now()
    try until("a while") { now() - begun > 0.5 || worker.isDone }
    #expect(try !worker.isDone && world.pushes() == [])
    Files.remove(lock)
    #expect(worker.wait().ok)
    #expect(try Together.broken(world) == [])
  }

  /// A term that is none on the mirror: nobody can tell whom it follows, so it gets nothing, and `--drain` ends.
  @Test func forgedTerm() throws {
    let world = try MirrorWorld()
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    #expect(try world.worker("--once").ok)
    try forge.set(1, world.gate.path)
    let term = try world.mirror.must("rev-parse", "refs/kv-term/leader")
    try world.mirror.must("update-ref", "refs/kv-term/leader", "refs/kv/main")
    try world.countPushes()
    for mode in ["--once", "--drain"] {
      let run = try world.worker(mode, limit: 20)
      let isTold = run.text.contains("drift: refs/kv-term/leader of the mirror is ")
      #expect(run.status == 11 && isTold, "\(mode): \(run.status) \(run.text)")
    }
    #expect(try world.pushes() == [])
    try world.mirror.must("update-ref", "refs/kv-term/leader", term)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }
}
