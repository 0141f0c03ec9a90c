import KVShared
import Testing

struct BranchCopyTests {
  private let mirror: ScratchRepository
  private let gate: ScratchRepository
  private let station: Station
  private let copy: BranchCopy

  init() throws {
    mirror = try ScratchRepository()
    gate = try ScratchRepository()
    try gate.git.run(["config", "remote.github-origin.url", mirror.path]).check("git config")
    station = try Station(repository: gate.path)
    copy = BranchCopy(station, try #require(try MirrorRemote(station.config)))
  }

  private func commit(_ repository: ScratchRepository, _ message: String, on parent: String? = nil) throws -> String {
    let tree = try repository.git.run(["mktree"]).check("git mktree").text
    let parents = parent.map { ["-p", $0] } ?? []
    return try repository.git.run(
      ["-c", "user.name=T", "-c", "user.email=t@example.org", "commit-tree", "-m", message] + parents + [tree]
    ).check("git commit-tree").text
  }

  private func set(_ repository: ScratchRepository, _ refs: [String: String?]) throws {
    for (name, id) in refs.sorted(by: { ($0.value == nil ? 0 : 1, $0.key) < ($1.value == nil ? 0 : 1, $1.key) }) {
      try repository.git.run(["update-ref"] + (id.map { [name, $0] } ?? ["-d", name])).check("git update-ref")
    }
  }

  /// Branches and tags, and as what the mirror's are remembered.
  private func refs(_ repository: ScratchRepository) throws -> (own: [String: String], known: [String: String]) {
    var (own, known): ([String: String], [String: String]) = ([:], [:])
    for line in try repository.lines(["for-each-ref", "--format=%(objectname) %(refname)"]) {
      let parts = line.split(separator: " ").map(String.init)
      let tracking = "refs/kv-tracking/branches/"
      if parts[1].hasPrefix(tracking) {
        known["refs/" + parts[1].dropFirst(tracking.count)] = parts[0]
      } else {
        own[parts[1]] = parts[0]
      }
    }
    return (own, known)
  }

  @Test func `the mirror decides, and what only we have is kept`() throws {
    let first = try commit(mirror, "1")
    try set(mirror, ["refs/heads/trunk": first, "refs/heads/topic": first, "refs/tags/v1": first])
    #expect(try copy.refresh().moved == ["refs/heads/topic", "refs/heads/trunk", "refs/tags/v1"])
    #expect(try refs(gate).own == refs(mirror).own)
    #expect(try refs(gate).known == refs(mirror).own)
    let again = try copy.refresh()
    #expect(again.moved + again.kept == [])

    // Merged, deleted after a squash, a name in the place of another's, a tag that moved; the showroom is not ours.
    let second = try commit(mirror, "2", on: first)
    try set(
      mirror,
      [
        "refs/heads/trunk": second, "refs/heads/topic": nil, "refs/heads/topic/b": second, "refs/tags/v1": second,
        "refs/heads/kv/main": second,
      ])
    let mine = try commit(gate, "mine")
    try set(gate, ["refs/heads/mine": mine])
    let outcome = try copy.refresh()
    #expect(outcome.moved == ["refs/heads/topic", "refs/heads/topic/b", "refs/heads/trunk", "refs/tags/v1"])
    #expect(outcome.kept == ["refs/heads/mine"])
    var expected = try refs(mirror).own
    expected["refs/heads/kv/main"] = nil
    #expect(try refs(gate).known == expected)
    expected["refs/heads/mine"] = mine
    #expect(try refs(gate).own == expected)

    // Moved back there; and moved here by hand, with and without what the mirror has.
    let ours = try commit(gate, "3", on: second)
    try set(mirror, ["refs/heads/trunk": first, "refs/heads/old": first])
    try set(gate, ["refs/heads/topic/b": ours, "refs/heads/mine": nil, "refs/heads/old": second])
    #expect(try copy.refresh().kept == ["refs/heads/old", "refs/heads/topic/b"])
    #expect(try refs(gate).own["refs/heads/trunk"] == first)
    #expect(try refs(gate).own["refs/heads/topic/b"] == ours)
    // A name that cannot stand beside one of ours keeps nobody else back.
    try set(mirror, ["refs/heads/old": nil, "refs/heads/old/x": second, "refs/heads/trunk": second])
    let last = try copy.refresh()
    #expect(last.moved == ["refs/heads/trunk"])
    #expect(last.kept == ["refs/heads/old", "refs/heads/topic/b", "refs/heads/old/x"])
    #expect(try gate.git.run(["fsck", "--no-dangling"]).status == 0)
  }

  @Test func `a mirror that is away changes nothing`() throws {
    try set(gate, ["refs/heads/trunk": try commit(gate, "1")])
    try gate.git.run(["config", "remote.github-origin.url", "\(mirror.path)/none"]).check("git config")
    let station = try Station(repository: gate.path)
    let copy = BranchCopy(station, try #require(try MirrorRemote(station.config)))
    #expect(throws: Rejection.self) { try copy.refresh() }
    #expect(try refs(gate).own.count == 1)
  }
}
