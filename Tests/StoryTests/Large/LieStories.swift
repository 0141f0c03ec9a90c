import Testing

/// Ledgers that no Stargate would take: their manifests are believed in nothing.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LieStories {
  /// A ledger that is right but for the manifest of `cfg:b`.
  struct Lie: Sendable, CustomTestStringConvertible {
    let name: String
    /// What messages must hold besides the key.
    let says: String
    /// Which of the value's five chunks may be seen, one after the other.
    let visible: [Int]
    let tell: @Sendable (inout Plan) throws -> Void
    var testDescription: String { name }
  }

  private static let key = "cfg:b"
  private static let value = Value(noise: 4500, seed: 7).proven

  /// Changes the list of chunks, and the total with it.
  private static func list(
    _ name: String, says: String = "etag", visible: [Int], _ change: @escaping @Sendable (inout [Chunk]) -> Void
  ) -> Lie {
    Lie(name: name, says: says, visible: visible) { plan in
      var chunks = plan.chunks(of: key)
      change(&chunks)
      plan.lieInManifest(
        key,
        [
          "chunks": .array(chunks.enumerated().map { $1.json($0) }),
          "total_size": .number("\(chunks.reduce(0) { $0 + $1.bytes.count })"),
        ])
    }
  }

  private static func field(
    _ name: String, says: String = "manifest", visible: [Int] = [], _ fields: [String: JSON?]
  ) -> Lie {
    Lie(name: name, says: says, visible: visible) { $0.lieInManifest(key, fields) }
  }

  private static func chunk(
    _ name: String, _ number: Int, says: String? = nil, visible: [Int]? = nil,
    _ fields: @escaping @Sendable (Plan) throws -> [String: JSON?]
  ) -> Lie {
    Lie(name: name, says: says ?? "chunk \(number) of", visible: visible ?? Array(0..<number)) { plan in
      plan.lieInChunk(key, number, try fields(plan))
    }
  }

  /// Lists that are well-formed, of chunks that are what they say: the etag alone tells.
  private static let lists: [Lie] = [
    list("two chunks swapped", visible: [0, 2, 1, 3]) { $0.swapAt(1, 2) },
    list("the last chunk cut off", visible: [0, 1, 2]) { $0.removeLast() },
    list("the first chunk left out", visible: [1, 2, 3]) { $0.removeFirst() },
    list("a chunk listed twice", visible: [0, 1, 1, 2, 3]) { $0.insert($0[1], at: 2) },
    list("all but one chunk left out", visible: []) { $0 = [$0[0]] },
    list("the chunks in reverse", visible: [4, 3, 2, 1]) { $0.reverse() },
  ]

  /// Chunks that are not what the list says.
  private static let chunks: [Lie] = [
    chunk("the blob of another chunk", 2) { ["blob_oid": .string($0.chunks(of: key)[3].id)] },
    chunk("the digest of another chunk", 2) { ["digest": .string("sha256:\($0.chunks(of: key)[3].digest)")] },
    chunk("the digest of another last chunk", 4) { ["digest": .string("sha256:\($0.chunks(of: key)[3].digest)")] },
    chunk("a blob that nobody has", 3) { ["blob_oid": .string($0.forge.format.id("blob", [1, 2, 3]))] },
    chunk("a tree for a blob", 1) { plan in
      ["blob_oid": .string(try plan.forge.repo.must("rev-parse", "\(plan.forge.tips!.ledger)^{tree}"))]
    },
    chunk("a commit for a blob", 1) { ["blob_oid": .string($0.forge.tips!.ledger)] },
    Lie(name: "sizes that sum up and are not the chunks'", says: "chunk 1 of", visible: [0]) { plan in
      var list = plan.chunks(of: key).enumerated().map { $1.json($0) }
      list[1] = list[1].with(["size": .number("1001")])
      list[2] = list[2].with(["size": .number("999")])
      plan.lieInManifest(key, ["chunks": .array(list)])
    },
  ]

  /// Manifests that are none.
  private static let fields: [Lie] = [
    field("a total of one byte more", ["total_size": .number("4501")]),
    field("a total beyond every number", ["total_size": .number("9223372036854775808")]),
    field("no chunks", ["chunks": .array([]), "total_size": .number("0")]),
    field("an unknown version", ["v": .number("2")]), field("the key of another", ["key": .string("cfg:a")]),
    field("another algorithm", ["algo": .string("sha1")]),
    field("another hash of git", ["git_hash": .string("md5")]),
    field(
      "the etag of another value", says: "etag", visible: [0, 1, 2, 3], ["etype": .string(Value(noise: 10).proven.etag)]
    ),
    field("no etag", ["etype": nil]),
    field("an unknown member", ["extra": .number("1")]),
    field("chunk sizes that are none", ["chunking": Cut(min: 1).json]),
    chunk("a wrong number", 2, says: "manifest", visible: []) { _ in ["i": .number("3")] },
    chunk("a size of nothing", 2, says: "manifest", visible: []) { _ in ["size": .number("0")] },
    chunk("a size below nothing", 2, says: "manifest", visible: []) { _ in ["size": .number("-1000")] },
    chunk("a size above the largest", 2, says: "manifest", visible: []) { _ in ["size": .number("2001")] },
    chunk("a digest that is none", 2, says: "manifest", visible: []) { _ in ["digest": .string("sha256:x")] },
    Lie(name: "an empty manifest", says: "manifest", visible: []) { $0.replaceManifest(key, []) },
    Lie(name: "a manifest in other bytes", says: "manifest", visible: []) { plan in
      plan.replaceManifest(key, Array((value.manifest(key, plan.forge.format)!.text + "\n\n").utf8))
    },
    Lie(name: "half a manifest", says: "manifest", visible: []) { plan in
      plan.replaceManifest(key, Array(value.manifest(key, plan.forge.format)!.text.utf8.prefix(300)))
    },
    Lie(name: "zeros for a manifest", says: "manifest", visible: []) {
      $0.replaceManifest(key, [UInt8](repeating: 0, count: 1000))
    },
    Lie(name: "metadata of another value", says: "etag", visible: []) {
      $0.lieInMeta(key, ["etag": .string(Value(noise: 10).proven.etag)])
    },
  ]

  static let all: [Lie] = lists + chunks + fields

  @Test(arguments: all) func isNotBelieved(_ row: Lie) throws {
    let box = try Sandbox()
    let format: ObjectFormat = row.name.count % 2 == 0 ? .sha1 : .sha256
    let path = box.path("alone")
    try box.must(["git", "init", "-q", "--object-format=\(format)", path])
    let clone = Clone(repo: Repo(box: box, path: path))
    let forge = try Forge(box, "forge.git", format)
    let first = try forge.commit(path) { store in
      store.entries["cfg:a"] = Value(noise: 3000, seed: 1).proven
      store.entries["cfg:c"] = Value("inline").proven
      store.entries[Self.key] = Self.value
    }
    #expect(first.ok, "\(first.errors)")
    #expect(try clone.must("verify", "--all") == "checked 3, not here 0, wrong 0; 7.3 KiB proved")
    // The value is set anew, so that its chunks are there already, and other ones as well.
    var plan = forge.plan { $0.entries[Self.key]??.ctype = "text/x" }
    plan.sealTrees()
    plan.ledger = CommitPlan()
    plan.index = CommitPlan()
    plan.ledger.parents = [forge.tips!.ledger]
    plan.index.parents = [forge.tips!.index]
    try row.tell(&plan)
    try plan.seal()
    let told = try forge.push(plan.push, to: path)
    #expect(told.ok, "\(told.errors)")
    let good = Bytes(Self.value.bytes)
    let check = BrokenValue(clone: clone, key: Self.key, codes: [5, 8], good: good, place: row.name)
    let pieces = Self.value.chunks(format).map(\.bytes)
    try check.get(names: [row.says, "'\(Self.key)'"], visible: row.visible.flatMap { pieces[$0] })
    try check.verify(others: ["cfg:a", "cfg:c"])
  }

  /// A value inline and in chunks at once, or without metadata: one of them is not read for the other in silence.
  @Test func bothKindsAtOnce() throws {
    let box = try Sandbox()
    let path = box.path("alone")
    try box.must(["git", "init", "-q", path])
    let clone = Clone(repo: Repo(box: box, path: path))
    let forge = try Forge(box, "forge.git")
    _ = try forge.commit(path) { $0.entries[Self.key] = Self.value }
    var plan = forge.plan { $0.entries["cfg:z"] = Value("z").proven }
    plan.ledgerTree.put(plan.data(Self.key), forge.blob("inline"))
    try plan.seal()
    #expect(try forge.push(plan.push, to: path).ok)
    let outcome = try clone.kv("get", Self.key, "--offline")
    #expect(outcome.status == 8 && outcome.out.isEmpty, "\(outcome.status): \(outcome.text)\(outcome.errors)")
    #expect(try clone.kv("verify", "--all").status == 8)
  }
}
