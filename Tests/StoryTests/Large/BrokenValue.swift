import Glibc
import Testing

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
    try clone.repo.box.untilQuiet()
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
