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

/// A value that must not be given out, and all the ways to ask for it.
struct BrokenValue {
  let clone: Clone
  let key: String
  let codes: Set<Int32>
  let good: Bytes
  let place: String
  /// `verify` takes it for a value that was never read here.
  var isElsewhere = false

  /// - Parameter visible: what may be printed before the end.
  func get(names: [String], visible: some Collection<UInt8>) throws {
    let (new, old) = (clone.path("new"), clone.path("old"))
    try Files.write(old, "what was there")
    let before = Files.tree(clone.repo.box.root)
    for arguments in [[], ["--raw"], ["--output", new], ["--output", old]] {
      let outcome = try clone.kv(["get", key, "--offline"] + arguments, [])
      let said = "\(place), \(arguments): \(outcome.status) \(outcome.errors)"
      #expect(codes.contains(outcome.status) && !outcome.timedOut && !outcome.heldOpen, "\(said)")
      let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("kv: error: ") }
      #expect(errors.count == 1 && names.allSatisfy { errors[0].contains($0) }, "\(said)")
      let isSound = outcome.out.count <= visible.count && visible.starts(with: outcome.out)
      #expect(isSound, "\(said): it printed \(outcome.out.count) bytes, of which \(visible.count) are sound")
      if !arguments.filter({ $0 != "--raw" }).isEmpty { #expect(outcome.out.isEmpty, "\(said)") }
    }
    #expect(try Files.text(old) == "what was there", "\(place)")
    let added = Set(Files.tree(clone.repo.box.root)).subtracting(before)
    #expect(added == [], "\(place)")
  }

  /// A range that does not touch the damage is read, and one that does is not.
  func range(_ sizes: [Int], broken number: Int) throws {
    let start = sizes[..<number].reduce(0, +)
    let touching = try clone.kv("get", key, "--offline", "--range=\(start)-\(start)")
    #expect(codes.contains(touching.status) && touching.out.isEmpty, "\(place): \(touching.errors)")
    for sound in [0..<start, start + sizes[number]..<good.count] where !sound.isEmpty {
      let range = "\(sound.lowerBound)-\(sound.upperBound - 1)"
      #expect(try clone.value(key, "--offline", "--range=\(range)") == good[sound], "\(place), \(range)")
    }
  }

  /// `verify` names it, goes on to the others, and ends with 8.
  func verify(others: [String]) throws {
    let (code, verdict): (Int32, String) = isElsewhere ? (0, "not-here") : (8, "wrong")
    let one = try clone.kv("verify", key)
    let said = isElsewhere ? ["not here 1"] : ["'\(key)'", "wrong 1"]
    #expect(one.status == code && said.allSatisfy { one.text.contains($0) }, "\(place): \(one.text)\(one.errors)")
    let all = try clone.kv("--json", "verify", "--all", "--restart")
    #expect(all.status == code && (isElsewhere || all.errors.contains("[8]")), "\(place): \(all.status) \(all.errors)")
    let lines = all.text.split(separator: "\n").compactMap { JSON(String($0)) }
    let verdicts = lines.compactMap { line in line["key"]?.string.map { "\($0) \(line["status"]?.string ?? "")" } }
    #expect(verdicts == (others + [key]).sorted().map { "\($0) \($0 == key ? verdict : "ok")" }, "\(place)")
    let counts = lines.first { $0["checked"] != nil }.map {
      [$0["checked"]?.int, $0["wrong"]?.int, $0["not_here"]?.int]
    }
    #expect(counts == [others.count + 1, isElsewhere ? 0 : 1, isElsewhere ? 1 : 0], "\(place): \(all.text)")
  }
}

extension Repo {
  private var objects: String { Files.exists("\(path)/.git") ? "\(path)/.git/objects" : "\(path)/objects" }

  /// Unpacks everything that lies here; the file of an object.
  func loose(_ id: String) throws -> String {
    let folder = "\(objects)/pack"
    let names = Files.tree(folder)
    let packs = try names.filter { $0.hasSuffix(".pack") }.map { try Files.read("\(folder)/\($0)") }
    for name in names { Files.remove("\(folder)/\(name)") }
    for pack in packs { try must("unpack-objects", "-q", input: pack) }
    let file = "\(objects)/\(id.prefix(2))/\(id.dropFirst(2))"
    guard Files.exists(file) else { throw Broken("\(id) is not here") }
    return file
  }

  func size(_ id: String) throws -> Int { Int(try must("cat-file", "-s", id)) ?? -1 }

  /// Puts a well-formed object of other bytes under the name.
  func replace(_ id: String, _ kind: String, _ bytes: [UInt8]) throws {
    let file = try loose(id)
    let other = try box.must(["git", "hash-object", "-t", kind, "-w", "--stdin"], in: path, input: bytes)
    try Files.replace(file, try Files.read("\(objects)/\(other.prefix(2))/\(other.dropFirst(2))"))
  }

  /// Flips a bit in the middle of an object in a pack, where every chunk lies unsqueezed.
  func flipInPack(_ id: String) throws {
    let content = try git("cat-file", "blob", id).out
    let middle = Array(content[(content.count / 2 - 8)..<(content.count / 2 + 8)])
    for name in Files.tree("\(objects)/pack") where name.hasSuffix(".pack") {
      var bytes = try Files.read("\(objects)/pack/\(name)")
      guard let at = bytes.firstRange(of: middle) else { continue }
      bytes[at.lowerBound + 8] ^= 16
      return try Files.replace("\(objects)/pack/\(name)", bytes)
    }
    throw Broken("no pack holds \(id) as it is")
  }
}

extension Files {
  /// Gives a file, which may be write-protected, other bytes.
  static func replace(_ path: String, _ bytes: [UInt8]) throws {
    unlink(path)
    try write(path, bytes, mode: 0o444)
  }
}
