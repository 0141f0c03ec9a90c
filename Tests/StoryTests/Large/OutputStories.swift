import Glibc
import Testing

/// Where `get --output` puts a value: whole, in the place of what was there, with its rights.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct OutputStories {
  private static let value = Bytes(noise: 5000)

  /// A clone beside an empty folder.
  private func prepare() throws -> (clone: Clone, folder: String) {
    let clone = try World.large().begin()
    try clone.set("cfg:a", Self.value)
    try clone.set("cfg:b", [1])
    let folder = clone.path("folder")
    try Files.makeFolder(folder)
    return (clone, folder)
  }

  @Test func whereItGoes() throws {
    var (clone, folder) = try prepare()
    try clone.must("get", "cfg:a", "--output", "\(folder)/new")
    #expect(try Bytes(file: "\(folder)/new") == Self.value)
    #expect(try mode("\(folder)/new") == 0o644)
    // What was there keeps its rights, and a link goes on to name the same file.
    try Files.write("\(folder)/old", "something longer than the value will be", mode: 0o600)
    try Files.link("\(folder)/link", to: "old")
    try clone.must("get", "cfg:b", "--output", "\(folder)/link")
    #expect(try Bytes(file: "\(folder)/old") == [1])
    #expect(try mode("\(folder)/old") == 0o600)
    #expect(try clone.repo.box.must(["readlink", "\(folder)/link"]) == "old")
    // A name is looked for where the command is run.
    clone.directory = folder
    clone.env["GIT_DIR"] = clone.repo.path + "/.git"
    try clone.must("get", "cfg:a", "--output", "here")
    try clone.must("get", "cfg:a", "--output", "./-")
    #expect(try Bytes(file: "\(folder)/here") == Self.value && Bytes(file: "\(folder)/-") == Self.value)
    #expect(try Bytes(clone.kv("get", "cfg:a", "--output", "-").out) == Self.value)
    let json = try clone.json("get", "cfg:a", "--output", "json")
    #expect(json["size"]?.int == 5000 && json["value"] == nil && json["value_b64"] == nil)
    #expect(try Bytes(file: "\(folder)/json") == Self.value)
    #expect(Set(Files.names(folder)) == [".", "..", "-", "here", "json", "link", "new", "old"])
  }

  /// Several that write one file: it is whole at every moment, and nothing stays beside it.
  @Test func severalAtOnce() throws {
    let (clone, folder) = try prepare()
    let other = Bytes(noise: 7000, seed: 2)
    try clone.set("cfg:other", other)
    let script = """
      for i in $(seq 15); do
        git kv get $KEY --offline --output '\(folder)/file' || exit
        git hash-object '\(folder)/file' >>'\(clone.path("seen"))' || exit
      done
      """
    let commands = ["cfg:a", "cfg:other", "cfg:a", "cfg:other"].map { key in
      clone.repo.box.command(["sh", "-c", script], in: clone.repo.path, env: ["KEY": key])
    }
    for outcome in try runTogether(commands) { #expect(outcome.ok && outcome.err.isEmpty, "\(outcome.errors)") }
    let seen = Set(try Files.text(clone.path("seen")).split(separator: "\n").map(String.init))
    #expect(seen.isSubset(of: [Self.value, other].map { ObjectFormat.sha1.id("blob", $0.all) }))
    #expect(Set(Files.names(folder)) == [".", "..", "file"])
  }

  private func mode(_ path: String) throws -> mode_t {
    var info = stat()
    guard stat(path, &info) == 0 else { throw Broken("no file \(path)") }
    return info.st_mode & 0o777
  }
}
