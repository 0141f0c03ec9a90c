import Testing

/// Large values where a remote comes late, and in every kind of repository.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct ChunkPlaceStories {
  private func value(_ i: Int) -> Bytes { Bytes(noise: 5000, seed: i) }

  /// A repository that began alone gets a remote, and gives it all it has.
  @Test(arguments: ObjectFormat.allCases) func aRemoteThatComesLater(_ format: ObjectFormat) throws {
    let world = try World.large(Way(format: format, transport: .path))
    let clone = try world.alone()
    for i in 0..<3 { try clone.set("cfg:\(i)", value(i)) }
    try clone.must("del", "cfg:1")
    #expect(try Invariants.broken(clone.repo, format: format) == [])
    #expect(try clone.repo.chunks().values.reduce(0, +) == 15_000)
    try clone.repo.must("remote", "add", "origin", world.url)
    try clone.set("cfg:3", value(3), "--no-push")
    try clone.must("push")
    try clone.set("cfg:4", value(4))
    try clone.set("cfg:0again", value(0))
    var values = ["cfg:0again": value(0)]
    for i in [0, 2, 3, 4] { values["cfg:\(i)"] = value(i) }
    try world.expect(values)
    #expect(try clone.kv("--json", "verify", "--all").verified("wrong") == 0)
    #expect(try world.chunks().values.reduce(0, +) == 25_000)
  }

  /// Two stores that began apart, perhaps under other labels: the one that comes later is put on top of the other.
  @Test(arguments: ["2026Q4", "2020Q1"]) func twoThatBeganApart(_ epoch: String) throws {
    let world = try World.large()
    let other = try world.begin("other")
    try other.set("cfg:theirs", value(0))
    let clone = try world.policed("clone")
    try clone.repo.must("remote", "remove", "origin")
    try clone.must("init", "--epoch", epoch)
    try clone.set("cfg:mine", value(1))
    try clone.set("cfg:both", value(0))
    try clone.repo.must("remote", "add", "origin", world.url)
    #expect(try clone.value("cfg:mine", "--offline") == value(1))
    try clone.must("push")
    var values = ["cfg:mine": value(1), "cfg:both": value(0), "cfg:theirs": value(0)]
    try world.expect(values)
    try clone.set("cfg:next", value(2))
    values["cfg:next"] = value(2)
    try world.expect(values, "next")
  }

  /// Work trees and submodules share chunks as they share objects.
  @Test func otherPlaces() throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.repo.must("add", ".kv")
    try clone.repo.must("commit", "-q", "-m", "policy")
    try clone.repo.must("worktree", "add", "-q", world.box.path("tree"))
    var tree = clone
    tree.directory = world.box.path("tree")
    try tree.set("cfg:tree", value(1), "--no-push")
    #expect(try clone.value("cfg:tree", "--offline") == value(1))
    try clone.must("push")
    // A name that git would take apart where it lists several.
    let odd = try world.policed("a:b\"c")
    try odd.set("cfg:odd", value(2))
    #expect(try odd.value("cfg:tree") == value(1))
    // A submodule's git folder is not where its files are.
    try Files.makeFolder(clone.repo.path + "/sub")
    try clone.repo.must(
      "-c", "protocol.file.allow=always", "submodule", "add", "-q", "-f", clone.repo.path, "module")
    var module = Clone(repo: Repo(box: world.box, path: clone.repo.path + "/module"))
    try module.repo.must("remote", "set-url", "origin", world.url)
    #expect(try module.value("cfg:odd") == value(2))
    try module.set("cfg:module", value(3))
    module.directory = clone.repo.path + "/module/.kv"
    #expect(try module.value("cfg:module", "--offline") == value(3))
    let bare = try world.clone("bare.git", bare: true)
    #expect(try bare.value("cfg:module") == value(3))
    #expect(try bare.repo.fsck() == nil)
    try world.expect(["cfg:tree": value(1), "cfg:odd": value(2), "cfg:module": value(3)])
  }
}
