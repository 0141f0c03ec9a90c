import Glibc
import Testing

/// Chunks whose bytes are not what they were: nothing of them comes out, and what is wrong is named.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct DamageStories {
  /// What is done to a chunk in a repository.
  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let codes: Set<Int32>
    /// To git there is no such object: where a Stargate has it too, it counts as not here.
    var isGone = false
    let inflict: @Sendable (Repo, _ chunk: String) throws -> Void
    var testDescription: String { name }
  }

  static let damages: [Damage] = [
    Damage(name: "a flipped bit in a pack", codes: [5]) { repo, chunk in try repo.flipInPack(chunk) },
    Damage(name: "a flipped bit in a loose object", codes: [5, 8]) { repo, chunk in
      let file = try repo.loose(chunk)
      var bytes = try Files.read(file)
      bytes[bytes.count / 2] ^= 4
      try Files.replace(file, bytes)
    },
    Damage(name: "an empty loose object", codes: [5], isGone: true) { try Files.replace($0.loose($1), []) },
    Damage(name: "a loose object cut short", codes: [5]) { repo, chunk in
      let file = try repo.loose(chunk)
      try Files.replace(file, Array(try Files.read(file).dropLast(20)))
    },
    Damage(name: "a missing object", codes: [5], isGone: true) { try unlinkOrThrow($0.loose($1)) },
    // Git finds nothing wrong with these: they are well-formed objects under a false name.
    Damage(name: "another object of that size under its name", codes: [8]) { repo, chunk in
      try repo.replace(chunk, "blob", [UInt8](repeating: 7, count: repo.size(chunk)))
    },
    Damage(name: "a longer object under its name", codes: [8]) { repo, chunk in
      try repo.replace(chunk, "blob", repo.git("cat-file", "blob", chunk).out + [0])
    },
    Damage(name: "an empty blob under its name", codes: [8]) { repo, chunk in try repo.replace(chunk, "blob", []) },
    Damage(name: "a tree under its name", codes: [5, 8]) { repo, chunk in
      try repo.replace(chunk, "tree", Array("100644 x\0".utf8) + [UInt8](repeating: 1, count: 20))
    },
  ]

  /// Where the objects lie.
  enum Place: String, Sendable, CaseIterable { case alone, besideAStargate }

  @Test(arguments: Place.allCases, damages) func aChunk(_ place: Place, _ row: Damage) throws {
    let world = try World.large()
    let clone = try place == .alone ? world.alone() : world.begin()
    let good = Bytes(noise: 5000, seed: 2)
    try clone.set("cfg:a", Bytes(noise: 3000, seed: 1))
    try clone.set("cfg:b", good)
    try clone.set("cfg:c", Bytes(noise: 3000, seed: 3))
    try clone.set("cfg:d", Bytes("small".utf8))
    let chunks = try clone.repo.manifest("cfg:b", .sha1).chunks
    let home = place == .alone ? clone.repo : clone.chunkHome
    for number in place == .alone ? [0, chunks.count / 2, chunks.count - 1] : [chunks.count / 2] {
      let backup = clone.path("backup")
      try world.box.must(["cp", "-a", home.path, backup])
      try row.inflict(home, chunks[number].blob)
      let start = chunks[..<number].reduce(0) { $0 + $1.size }
      let check = BrokenValue(
        clone: clone, key: "cfg:b", codes: row.codes, good: good, place: "\(row.name) \(number)",
        isElsewhere: row.isGone && place == .besideAStargate)
      try check.get(names: ["chunk \(number) of 'cfg:b'"], visible: good.all[..<start])
      try check.range(chunks.map(\.size), broken: number)
      try check.verify(others: ["cfg:a", "cfg:c", "cfg:d"])
      Files.remove(home.path)
      try world.box.must(["mv", backup, home.path])
      #expect(try clone.value("cfg:b", "--offline") == good, "the test mends what it broke")
    }
    #expect(try clone.must("verify", "--all", "--restart") == "checked 4, not here 0, wrong 0; 10.7 KiB proved")
  }

  /// The Stargate still has the chunk that is lost here.
  @Test func aLostChunkComesAgain() throws {
    let world = try World.large()
    let clone = try world.begin()
    let good = Bytes(noise: 5000)
    try clone.set("cfg:b", good)
    let chunk = try clone.repo.manifest("cfg:b", .sha1).chunks[3].blob
    try unlinkOrThrow(clone.chunkHome.loose(chunk))
    #expect(try clone.kv("get", "cfg:b", "--offline").status == 5)
    #expect(try clone.value("cfg:b") == good)
    #expect(try clone.value("cfg:b", "--offline") == good)
  }

  /// A pack that is cut off takes all its chunks along; the command ends with words and not in a crash.
  @Test func aPackCutShort() throws {
    let world = try World.large()
    let clone = try world.begin()
    let good = Bytes(noise: 50_000)
    try clone.set("cfg:b", good)
    let packs = Files.tree("\(clone.chunkHome.path)/objects/pack").filter { $0.hasSuffix(".pack") }
    #expect(packs.count == 1)
    let pack = "\(clone.chunkHome.path)/objects/pack/\(packs[0])"
    try Files.replace(pack, Array(try Files.read(pack).prefix(20_000)))
    let outcome = try clone.kv("get", "cfg:b", "--offline")
    #expect(outcome.status == 5 && outcome.errors.contains("'cfg:b'"), "\(outcome.status) \(outcome.errors)")
    #expect(try clone.kv("--json", "verify", "--all").verified("not_here") == 1)
    // All of it can be had again.
    Files.remove(clone.chunkHome.path)
    #expect(try clone.value("cfg:b") == good)
  }

  /// One damaged value of many: `verify --fetch` in a fresh clone finds it on the Stargate, and fetches it no further.
  @Test func verifyFetches() throws {
    let world = try World.large()
    let clone = try world.begin()
    for i in 0..<4 { try clone.set("cfg:\(i)", Bytes(noise: 3000, seed: i)) }
    let fresh = try world.policed("fresh")
    try fresh.must("list")
    #expect(try fresh.must("verify", "--all") == "checked 4, not here 4, wrong 0; 0 B proved")
    #expect(try fresh.must("verify", "cfg:1", "--fetch") == "checked 1, not here 0, wrong 0; 2.9 KiB proved")
    #expect(try fresh.must("verify", "--all", "--fetch") == "checked 4, not here 0, wrong 0; 11.7 KiB proved")
    #expect(try fresh.must("verify", "--all") == "checked 4, not here 0, wrong 0; 11.7 KiB proved")
    #expect(try fresh.kv("verify", "cfg:none").status == 1)
    #expect(try fresh.kv("verify").status == 64)
    #expect(try fresh.kv("verify", "cfg:1", "--all").status == 64)
  }

  private func unlinkOrThrow(_ path: String) throws { try Self.unlinkOrThrow(path) }

  private static func unlinkOrThrow(_ path: String) throws {
    guard unlink(path) == 0 else { throw Broken("cannot remove \(path)") }
  }
}
