import Glibc
import Testing

/// The bytes of a value; a difference is told in one line.
struct Bytes: Equatable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  var all: [UInt8]

  init(_ all: some Sequence<UInt8>) { self.all = Array(all) }
  init(arrayLiteral elements: UInt8...) { all = elements }
  init(file: String) throws { all = try Files.read(file) }

  /// Without a pattern, the same for the same seed.
  init(noise count: Int, seed: Int = 1) {
    // Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
    var state = UInt64(seed)
    all = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      for at in 0..<count {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        buffer[at] = UInt8(truncatingIfNeeded: z ^ (z >> 31))
      }
      filled = count
    }
  }

  var count: Int { all.count }
  subscript(_ range: Range<Int>) -> Bytes { Bytes(all[range]) }
  var description: String { "\(count) bytes \(Digest.hex(Array(all.prefix(8))))…" }
}

/// Policies under which values of a few bytes are large.
enum SmallChunks {
  static let maxInline = 60
  static let (min, avg, max) = (64, 256, 1024)

  static func policy(_ mode: String = "fastcdc", _ more: String...) -> String {
    let lines = ["chunking: {mode: \(mode), min: \(min), avg: \(avg), max: \(max)}"] + more
    return World.policy.replacing(
      "max_value_inline: 64KiB",
      with: (["max_value_inline: \(maxInline)"] + lines).joined(separator: "\n    "))
  }
}

extension World {
  /// A world in which values above 60 bytes are cut into chunks of about 256.
  static func large(
    _ way: Way = Way(format: .sha1, transport: .path), policy: String = SmallChunks.policy()
  ) throws -> World {
    let world = try World(way, policy: policy)
    try world.gate.skipFsync()
    return world
  }

  /// A new clone that knows the Stargate's policy, as a work tree with the file checked out does.
  func policed(_ name: String) throws -> Clone {
    let clone = try clone(name)
    try Files.makeFolder("\(clone.repo.path)/.kv")
    try Files.write("\(clone.repo.path)/.kv/policy.yaml", try Files.read(gate.policyFile))
    return clone
  }

  /// The first clone, which has begun the namespace.
  func begin(_ name: String = "w") throws -> Clone {
    let clone = try policed(name)
    try clone.must("init", "--epoch", "2026Q4")
    try clone.must("push")
    return clone
  }

  /// A repository with the same policy and no remote at all.
  func alone(_ name: String = "alone") throws -> Clone {
    let clone = try policed(name)
    try clone.repo.must("remote", "remove", "origin")
    try clone.must("init", "--epoch", "2026Q4")
    return clone
  }

  /// The chunks that the Stargate holds: bytes by blob.
  func chunks() throws -> [String: Int] { try gate.repo.chunks() }
}

extension Repo {
  static let chunksRef = "refs/kv-chunks/main@2026Q4"

  /// The chunks of this epoch: bytes by blob.
  func chunks() throws -> [String: Int] {
    guard let tip = try id(Self.chunksRef) else { return [:] }
    let lines = try must("ls-tree", "-r", "-l", "--full-tree", tip).split(separator: "\n")
    let fields = lines.map { $0.split(separator: "\t")[0].split(separator: " ", omittingEmptySubsequences: true) }
    return Dictionary(fields.map { (String($0[2]), Int($0[3]) ?? -1) }) { first, _ in first }
  }

  /// The manifest of a key in a ledger.
  func manifest(_ key: String, _ format: ObjectFormat, in ref: String = "refs/kv/main") throws -> RawManifest {
    let path = Names.manifest("main", Array(key.utf8))
    let shown = try git("cat-file", "blob", "\(ref):\(path)")
    guard shown.ok, let manifest = RawManifest(shown.out, format) else {
      throw Broken("no manifest of \(key): \(shown.text)\(shown.errors)")
    }
    return manifest
  }
}

extension Clone {
  /// Sets a key to bytes that come through a pipe; must succeed.
  func set(_ key: String, _ bytes: Bytes, _ more: String...) throws {
    let outcome = try kv(["set", key, "-"] + more, bytes.all)
    guard outcome.ok, !outcome.heldOpen else { throw Broken("set \(key): \(outcome.status)\n\(outcome.errors)") }
  }

  /// The value of a key as `get` prints it; must succeed.
  func value(_ key: String, _ more: String...) throws -> Bytes {
    let outcome = try kv(["get", key] + more, [])
    guard outcome.ok, outcome.err.isEmpty else { throw Broken("get \(key): \(outcome.status)\n\(outcome.errors)") }
    return Bytes(outcome.out)
  }

  /// Where this clone keeps the chunks of a store with a remote.
  var chunkHome: Repo { Repo(box: repo.box, path: "\(repo.path)/.git/kv-chunks") }

  /// A path beside the clone, in the sandbox.
  func path(_ name: String) -> String { repo.box.path(name) }
}

extension Files {
  /// Bytes of a file; 0 for anything else.
  static func size(_ path: String) -> Int {
    var info = stat()
    return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : 0
  }
}

extension Outcome {
  /// What `verify --json` counted.
  func verified(_ name: String) -> Int? {
    let lines = text.split(separator: "\n").compactMap { JSON(String($0)) }
    return lines.first { $0["checked"] != nil }?[name]?.int
  }
}

extension World {
  /// Checks that a fresh clone reads these values and no others, and that the store is sound.
  func expect(_ values: [String: Bytes], _ place: String = "") throws {
    let reader = try policed("reader-\(values.count)-\(place)")
    #expect(try reader.must("list") == values.keys.sorted().joined(separator: "\n"))
    for (key, value) in values { #expect(try reader.value(key) == value, "\(key) \(place)") }
    #expect(try broken() == [], "\(place)")
  }
}
