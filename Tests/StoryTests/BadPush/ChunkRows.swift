/// Manifests and chunks trees that do not belong together.
enum ChunkRows {
  static let all: [Row] =
    missing + replaced + needless + ChunkTreeRows.all + deep + ChunkCommitRows.all + ChunkRefRows.all

  private static let new = ManifestRows.new
  private static let setBig = ManifestRows.setBig

  static let missing = [
    Row.trees("a new chunk not in the tree", 8, says: "chunk 2 of 'big:new' is not in the chunks tree", of: setBig) {
      $0.chunksTree.remove($0.chunk(new, 2))
    },
    Row.trees("none of the new chunks in the tree", 8, says: "is not in the chunks tree", of: setBig) {
      $0.chunksTree = $0.forge.state.chunksTree
    },
    Row.trees("the old chunks not in the tree", 8, says: "no manifest explains", of: setBig) { plan in
      for i in 0..<5 { plan.chunksTree.remove(plan.chunk("big:0", i)) }
    },
    Row.trees("an old chunk removed", 8, says: "no manifest explains", of: setBig) {
      $0.chunksTree.remove($0.chunk("big:0", 1))
    },
    Row.trees("a chunk removed that the new value shares", 8, says: "no manifest explains", of: share) {
      $0.chunksTree.remove($0.chunk("big:0", 0))
    },
    Row.trees("an empty chunks tree", 8, says: "is not in the chunks tree", of: setBig) { $0.chunksTree = Folder() },
    Row.trees("a manifest without its chunks commit", 8, says: "no chunks commit", of: setBig) { $0.chunks = nil },
    Row.trees(
      "a manifest that names an inline value for its chunk", 8, says: "no chunks commit",
      of: Row.set(new, Value(Array("value 2".utf8), Cut()))
    ) { $0.chunks = nil },
    Row.trees("a manifest that names metadata for its chunk", 8, says: "no chunks commit", of: setBig) { plan in
      let meta = Array((plan.after.entries["cfg:2"]!!.meta.text + "\n").utf8)
      let chunk = Chunk(meta, plan.forge.format)
      plan.lieInManifest(
        new, ["chunks": .array([chunk.json(0)]), "total_size": .number("\(meta.count)")])
      plan.chunks = nil
    },
    Row.trees("a manifest that names a tree for its chunk", 8, says: "but its manifest says", of: setBig) { plan in
      let tree = try plan.forge.repo.must("rev-parse", "refs/base/kv/main^{tree}")
      plan.lieInChunk(new, 0, ["blob_oid": .string(tree)])
    },
    Row.trees("a manifest that names a commit for its chunk", 8, says: "but its manifest says", of: setBig) {
      $0.lieInChunk(new, 0, ["blob_oid": .string($0.forge.tips!.ledger)])
    },
    Row.trees("a manifest that names a blob nobody has", 8, says: "but its manifest says", of: setBig) { plan in
      let id = plan.forge.format.id("blob", Array("nobody has this".utf8))
      plan.lieInChunk(new, 0, ["blob_oid": .string(id)])
    },
    Row.trees("a manifest with the digest of another chunk", 8, says: "the same digest", of: setBig) {
      $0.lieInChunk(new, 0, ["digest": .string("sha256:\($0.chunks(of: new)[1].digest)")])
    },
    Row.trees("a manifest with the blob of another chunk", 8, says: "chunk 0 of 'big:new' is blob", of: setBig) {
      $0.lieInChunk(new, 0, ["blob_oid": .string($0.chunks(of: new)[1].id)])
    },
    Row.trees(
      "a manifest with a digest nobody knows", 8, says: "chunk 0 of 'big:new' is not in the chunks tree", of: setBig
    ) {
      $0.lieInChunk(new, 0, ["digest": .string("sha256:" + String(repeating: "5", count: 64))])
    },
    Row.trees("two manifests with two blobs of one digest", 8, says: "the same digest", of: two) { plan in
      plan.lieInChunk("big:other", 0, ["digest": .string("sha256:\(plan.chunks(of: new)[0].digest)")])
      plan.chunksTree.remove(plan.chunk("big:other", 0))
    },
    Row.trees("a manifest with another size of a shared chunk", 8, says: "bytes, but its manifest says", of: share) {
      plan in
      // The old chunk is 1,000 bytes long; the sum stays what it was.
      var list = plan.chunks(of: new).enumerated().map { $1.json($0) }
      list[0] = list[0].with(["size": .number("1001")])
      list[1] = list[1].with(["size": .number("999")])
      plan.lieInManifest(new, ["chunks": .array(list)])
    },
  ]

  static let replaced = [
    Row.trees("a new chunk replaced by other bytes", 8, says: "chunk 0 of 'big:new' is blob", of: setBig) { plan in
      plan.chunksTree.put(plan.chunk(new, 0), plan.forge.blob([UInt8](repeating: 7, count: 1000)))
    },
    Row.trees("an old chunk replaced by other bytes", 8, says: "no manifest explains", of: setBig) { plan in
      plan.chunksTree.put(plan.chunk("big:0", 0), plan.forge.blob([UInt8](repeating: 7, count: 1000)))
    },
    Row.trees(
      "an old chunk replaced, under a manifest that agrees", 8, says: "chunk 0 of 'big:2' is blob",
      of: Row.set("big:2", Value(noise: 4500, seed: 100))
    ) {
      plan in
      let id = plan.forge.blob([UInt8](repeating: 7, count: 1000))
      plan.chunksTree.put(plan.chunk("big:0", 0), id)
      plan.chunks = onTip(plan)
      plan.lieInChunk("big:2", 0, ["blob_oid": .string(id)])
    },
    Row.trees("two new chunks under each other's names", 8, says: "of 'big:new' is blob", of: setBig) { plan in
      let (one, other) = (plan.chunks(of: new)[0], plan.chunks(of: new)[1])
      plan.chunksTree.put(plan.chunk(new, 0), other.id)
      plan.chunksTree.put(plan.chunk(new, 1), one.id)
    },
    Row.trees(
      "a new chunk under a name that is not its own", 8, says: "chunk 0 of 'big:new' is not in the chunks tree",
      of: setBig
    ) {
      $0.chunksTree.move($0.chunk(new, 0), to: Names.chunk("main", String(repeating: "5", count: 64)))
    },
    Row.trees("a new chunk under its own name and another", 8, says: "no manifest explains", of: setBig) {
      $0.chunksTree.put(Names.chunk("main", String(repeating: "5", count: 64)), $0.chunks(of: new)[0].id)
    },
  ]

  /// Chunks commits that nothing asks for.
  static let needless = [
    Row.trees("a chunks commit that changes nothing", 8, says: "adds no chunk") { $0.chunks = onTip($0) },
    Row.trees(
      "a chunks commit for chunks that are there already", 8, says: "adds no chunk",
      of: Row.set(new, Value(noise: 4500, seed: 100))
    ) {
      $0.chunks = onTip($0)
    },
    Row.trees("a chunk that comes with an inline value", 8, says: "adds no chunk") { plan in
      plan.chunks = onTip(plan)
      plan.smuggle(plan.after.entries["cfg:new"]!!.bytes)
    },
    Row.trees("the chunks removed with their key", 8, says: "adds no chunk", of: delete) { plan in
      plan.chunks = onTip(plan)
      for i in 0..<5 { plan.chunksTree.remove(plan.chunk("big:0", i)) }
    },
    Row.trees("chunks that come with the deletion of their key", 8, says: "adds no chunk", of: delete) { plan in
      plan.chunks = onTip(plan)
      plan.smuggle(Array("after all".utf8))
    },
  ]

  /// A value that begins like the old one and ends otherwise.
  @Sendable private static func share(_ store: inout Store) {
    var bytes = Value(noise: 4500).bytes
    bytes.replaceSubrange(..<1000, with: Value(noise: 4500, seed: 100).bytes[..<1000])
    store.entries[new] = Value(bytes, Cut())
  }

  @Sendable private static func two(_ store: inout Store) {
    store.entries[new] = Value(noise: 4500)
    store.entries["big:other"] = Value(noise: 4500, seed: 2)
  }

  @Sendable private static func delete(_ store: inout Store) { store.entries["big:0"] = .some(nil) }

  /// A chunks commit where the forge makes none.
  @Sendable static func onTip(_ plan: Plan) -> CommitPlan {
    var commit = CommitPlan()
    commit.parents = [plan.forge.tips!.chunks!]
    return commit
  }
}

extension Plan {
  /// Puts a chunk under its own name that no manifest names.
  mutating func smuggle(_ bytes: [UInt8]) {
    chunksTree.put(Names.chunk(forge.ns, Digest.hex(Digest.sha256(bytes))), forge.blob(bytes))
  }
}
