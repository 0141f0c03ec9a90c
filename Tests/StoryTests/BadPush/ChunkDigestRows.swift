/// What is well-formed and not true of the bytes: found where they are hashed.
extension ChunkRows {
  private static let new = ManifestRows.new

  static let untrue = [
    Row.trees(
      "a chunk whose digest is not that of its bytes", 8, says: "chunk 0 of 'big:new' does not have the digest",
      of: proven
    ) { plan in
      let name = String(repeating: "5", count: 64)
      plan.chunksTree.move(plan.chunk(new, 0), to: Names.chunk("main", name))
      plan.lieInChunk(new, 0, ["digest": .string("sha256:\(name)")])
    },
    Row.trees(
      "the digests of two chunks exchanged", 8, says: "chunk 0 of 'big:new' does not have the digest", of: proven
    ) { plan in
      let chunks = plan.chunks(of: new)
      var list = chunks.enumerated().map { $1.json($0) }
      for (i, other) in [(0, 1), (1, 0)] {
        list[i] = list[i].with(["digest": .string("sha256:\(chunks[other].digest)")])
        plan.chunksTree.put(plan.chunk(new, other), chunks[i].id)
      }
      plan.lieInManifest(new, ["chunks": .array(list)])
    },
    Row.trees("an etag that is not that of the chunks together", 8, says: "etag", of: ManifestRows.setBig) { _ in }
      .unseen,
    Row.trees("the etag of the value with a byte changed", 8, says: "etag", of: almost) { _ in }.unseen,
    Row.trees("two chunks that changed places", 8, says: "etag", of: proven) { plan in
      var chunks = plan.chunks(of: new)
      chunks.swapAt(0, 1)
      plan.lieInManifest(new, ["chunks": .array(chunks.enumerated().map { $1.json($0) })])
    }.unseen,
    Row.trees("a chunk in place of another of its size", 8, says: "etag", of: proven) { plan in
      var chunks = plan.chunks(of: new)
      plan.chunksTree.remove(plan.chunk(new, 1))
      chunks[1] = chunks[0]
      plan.lieInManifest(new, ["chunks": .array(chunks.enumerated().map { $1.json($0) })])
    }.unseen,
  ]

  static let deep = untrue.map { $0.under(HostileRows.deep).passing() }

  @Sendable private static func almost(_ store: inout Store) {
    var other = Value(noise: 4500)
    other.bytes[4400] ^= 1
    store.entries[new] = Value(noise: 4500)
    store.entries[new]??.etag = other.proven.etag
  }

  @Sendable private static func proven(_ store: inout Store) { store.entries[new] = Value(noise: 4500).proven }
}
