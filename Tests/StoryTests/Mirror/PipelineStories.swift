import Testing

/// What others build on the mirror: a job that waits for another one's write, and one that follows every change.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct PipelineStories {
  /// The first job writes and hands the commit over; the second one waits for it and reads, from the mirror alone.
  @Test func aReaderThatWaitsNeverReadsStale() throws {
    let world = try MirrorWorld(live: true)
    let writer = try world.start()
    let reader = try world.clone("r")
    try reader.must("wait", "--oid", writer.repo.id("refs/kv/main") ?? "", "--timeout", "20s")
    let rounds = Share.isThorough ? 200 : 30
    let script = """
      for i in $(seq \(rounds)); do
        git -C '\(writer.repo.path)' kv set pipe:n "$i" --quiet || exit 91
        oid=$(git -C '\(writer.repo.path)' rev-parse refs/kv/main)
        git kv wait --oid "$oid" --timeout 20s --quiet || exit 92
        [ "$(git kv get pipe:n --read-from=github)" = "$i" ] || { echo "stale in round $i" && exit 93; }
      done
      """
    let outcome = try world.box.run(["sh", "-c", script], in: reader.repo.path, limit: 600)
    #expect(outcome.ok, "\(outcome.status) \(outcome.text) \(outcome.errors.suffix(1000))")
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
  }

  /// Four writers, a worker that is killed ten times, and somebody who follows: every transaction once, in the ledger's order.
  @Test func everyChangeComesOnceWhateverDies() throws {
    let world = try MirrorWorld(live: true)
    let first = try world.start()
    let (writers, each) = (4, 8)
    let clones = try (0..<writers).map { try world.clone("w\($0)x") }
    let watcher = try world.clone("watcher")
    let total = 1 + writers * each
    var commands = clones.enumerated().map { w, clone in
      world.box.command(
        ["sh", "-c", "for i in $(seq \(each)); do git kv set \"w\(w):$i\" x --quiet || exit 9; done"],
        in: clone.repo.path, limit: 120)
    }
    commands.append(world.box.command(["sh", "-c", Self.killer(world)], limit: 120))
    commands.append(world.box.command(["sh", "-c", Self.follower(total)], in: watcher.repo.path, limit: 120))
    for (n, outcome) in try runTogether(commands).enumerated() {
      #expect(outcome.ok, "job \(n): \(outcome.status) \(outcome.text.suffix(300)) \(outcome.errors.suffix(1000))")
    }
    let ledger = try world.gate.repo.must("rev-list", "--reverse", "refs/kv/main").split(separator: "\n").map(
      String.init)
    let told = try Files.text("\(watcher.repo.path)/told").split(separator: "\n").compactMap { line in
      JSON(String(line))?["oid"]?.string
    }
    #expect(told == ledger)
    #expect(ledger.count == total && first.repo.path != watcher.repo.path)
    for (n, oid) in ledger.enumerated() {
      let rest = try watcher.must("watch", "--offline", "--since", oid, "--json")
      let oids = rest.split(separator: "\n").compactMap { JSON(String($0))?["oid"]?.string }
      #expect(oids == Array(ledger.dropFirst(n + 1)), "from position \(n)")
    }
    #expect(try Together.broken(world) == [])
  }

  /// Kills ten workers of the Stargate, then lets one drain.
  private static func killer(_ world: MirrorWorld) -> String {
    """
    killed=0 tries=0
    while [ $killed -lt 10 ] && [ $tries -lt 3000 ]; do
      tries=$((tries + 1))
      [ $((tries % 50)) != 0 ] || '\(world.workerCommand[0])' --repo '\(world.gate.path)' &
      for process in /proc/[0-9]*; do
        { read -r name <$process/comm; } 2>/dev/null || continue
        [ "$name" = kv-mirror-worke ] || continue
        grep -zq 'KV_TEST_BOX=\(world.box.root)$' $process/environ 2>/dev/null || continue
        kill -KILL ${process#/proc/} 2>/dev/null && killed=$((killed + 1)) && break
      done
    done
    [ $killed = 10 ] || { echo "killed only $killed" && exit 8; }
    sleep 1
    '\(world.workerCommand[0])' --repo '\(world.gate.path)' --drain
    """
  }

  /// Follows the feed until it has told of so many transactions, and ends it with a signal.
  private static func follower(_ total: Int) -> String {
    """
    git-kv watch --follow --json >told & # git itself would die of the signal
    pid=$!
    for i in $(seq 900); do
      [ "$(wc -l <told)" -lt \(total) ] || break
      sleep 0.1
    done
    sleep 0.3
    kill -TERM $pid
    wait $pid
    """
  }
}
