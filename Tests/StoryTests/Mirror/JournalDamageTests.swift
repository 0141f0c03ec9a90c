import Glibc
import Testing

/// The journal is a to-do list: whatever becomes of it, pushes are taken and the mirror shows them.
@Suite(.serialized, .enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct JournalDamageTests {
  /// What is done to the journal `$J`, and what the worker says of it.
  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let script: String
    var words: [String] = []
    var testDescription: String { name }
  }

  static let damages = [
    Damage(name: "cut in a line", script: #"truncate -s -40 "$J""#, words: ["is corrupt and was skipped"]),
    Damage(
      name: "garbage in the middle",
      script: #"{ head -n 1 "$J"; printf 'x\n\000\377\n{"v":1}\n'; tail -n +2 "$J"; } >"$J.x"; mv "$J.x" "$J""#,
      words: [2, 3, 4].map { "journal: line \($0) is corrupt and was skipped" }),
    Damage(
      name: "a wrong checksum", script: #"sed -i '1s/"sum":"..../"sum":"0000/' "$J""#,
      words: ["journal: line 1 is corrupt and was skipped"]),
    Damage(
      name: "garbage alone", script: #"seq 30 >"$J""#,
      words: ["journal: line 20 is corrupt and was skipped", "journal: 10 more lines are corrupt"]),
    Damage(name: "emptied", script: #": >"$J""#),
    Damage(name: "deleted", script: #"rm "$J""#),
    Damage(name: "linked to", script: #"mv "$J" "$J.else"; ln -s "$J.else" "$J""#),
    Damage(name: "a folder", script: #"rm "$J"; mkdir "$J""#, words: ["is not a file"]),
    Damage(name: "a pipe", script: #"rm "$J"; mkfifo "$J""#, words: ["is not a file"]),
    Damage(name: "a full device", script: #"ln -sf /dev/full "$J""#, words: ["is not a file"]),
    Damage(name: "a link in a circle", script: #"ln -sf journal.ndjson "$J""#, words: ["Too many levels"]),
    Damage(name: "a link to nowhere", script: #"ln -sf /nonexistent/journal "$J""#, words: ["No such file"]),
  ]

  @Test func journal() throws {
    let world = try MirrorWorld(live: true)
    let forge = try Forge(world.box, "forge.git")
    for (n, damage) in damages(world).enumerated() {
      try forge.set(2 * n, world.gate.path)
      try world.box.untilQuiet()
      try world.box.must(["sh", "-c", damage.script], env: ["J": world.gate.journal])
      try forge.set(2 * n + 1, world.gate.path)
      try world.box.untilQuiet()
      #expect(try Together.broken(world) == [], "\(damage)")
      let once = try world.worker("--once")
      #expect(once.ok, "\(damage): \(once.status) \(once.errors)")
      for words in damage.words { #expect(once.text.contains(words), "\(damage): \(once.text)") }
      let corrupt = try world.status()["journal"]?["corrupt"]
      #expect((corrupt == .array([])) == !damage.words.contains { $0.contains("corrupt") }, "\(damage): \(corrupt)")
      try world.box.must(["sh", "-c", #"chattr -i "$J" 2>&-; rm -rf "$J""#], env: ["J": world.gate.journal])
    }
    try forge.set(100, world.gate.path)
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
    #expect(try Files.text(world.gate.journal).contains(forge.tips!.ledger), "the journal goes on")
  }

  /// Those above, and one whose means depend on who runs the tests.
  private func damages(_ world: MirrorWorld) -> [Damage] {
    let words = ["cannot open"]
    guard getuid() == 0 else {
      return Self.damages + [Damage(name: "not writable", script: #"chmod 400 "$J""#, words: words)]
    }
    let probe = world.box.path("probe")
    let script = "echo >\(probe) && chattr +i \(probe) && chattr -i \(probe)"
    let can = (try? world.box.run(["sh", "-c", script]).ok) == true
    if !can { print("the file system knows no immutable files: a journal that cannot be written is not tried") }
    return Self.damages + (can ? [Damage(name: "not writable", script: #"chattr +i "$J""#, words: words)] : [])
  }

  /// Without its folder the worker has no locks and says so; nothing is lost.
  @Test func folder() throws {
    let world = try MirrorWorld(live: true)
    let forge = try Forge(world.box, "forge.git")
    let folder = "\(world.gate.path)/.stargate"
    try forge.set(0, world.gate.path)
    try world.box.untilQuiet()
    Files.remove(folder)
    try forge.set(1, world.gate.path)
    try world.box.untilQuiet()
    #expect(try Together.broken(world) == [])
    Files.remove(folder)
    try Files.write(folder, "no folder")
    try forge.set(2, world.gate.path)
    try world.box.untilQuiet()
    let refused = try world.worker("--once")
    #expect(refused.status == 5 && refused.errors.contains("cannot open"), "\(refused.status) \(refused.errors)")
    unlink(folder)
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
    // A rotation that fails is said, and stops nothing.
    try Files.makeFolder("\(folder)/journal.1.ndjson")
    try Files.write(world.gate.journal, String(repeating: "\n", count: 130 << 10))
    let rotating = try world.worker("--once")
    #expect(rotating.ok && rotating.text.contains("journal: cannot link"), "\(rotating.status) \(rotating.text)")
  }

  private static let canMount: Bool = {
    let script = "mount -t tmpfs none /tmp && echo"
    return (try? Sandbox().run(["unshare", "-m", "sh", "-c", script]).ok) == true
  }()

  @Test(
    .enabled(if: canMount, "a small file system wants a mount namespace"),
    arguments: [("size=16k", 0), ("nr_inodes=1", 5)] as [(String, Int32)])
  func fullDisk(_ limit: String, _ status: Int32) throws {
    let world = try MirrorWorld(live: true)
    let forge = try Forge(world.box, "forge.git")
    try forge.set(0, world.gate.path)
    let push = try forge.ready(world.gate.path) { $0.entries["cfg:full"] = Value("full") }
    let script = """
      set -u
      mount -t tmpfs -o \(limit) none "$S" || exit 99
      head -c 100000 /dev/zero >"$S/fill" 2>&-
      "$@" || exit 98
      \(world.workerCommand.joined(separator: " ")) --once
      """
    let outcome = try world.box.run(
      ["unshare", "-m", "sh", "-c", script, "sh"] + push, env: ["S": "\(world.gate.path)/.stargate"])
    #expect(outcome.status == status, "\(outcome.status) \(outcome.text)\(outcome.errors)")
    #expect(outcome.errors.contains("remote: kv: error: cannot"), "the pusher is told: \(outcome.errors)")
    #expect((outcome.text + outcome.errors).contains("No space left"), "\(outcome.text)\(outcome.errors)")
    try world.box.untilQuiet()
    if status == 0 { #expect(try Together.broken(world) == []) }
    #expect(try world.worker("--once").ok)
    #expect(try Together.broken(world) == [])
  }
}
