/// What stands in the chunks tree in the wrong place, in a wrong mode, or unasked.
enum ChunkTreeRows {
  static let all: [Row] = places + modes + strays + unGitly

  private static let new = ManifestRows.new
  private static let setBig = ManifestRows.setBig

  static let places = [
    place("in another shard") { _, name in "kv/main/chunks/sha256/00/00/\(name)" },
    place("in its shard the wrong way round") { _, name in
      "kv/main/chunks/sha256/\(name.dropFirst(2).prefix(2))/\(name.prefix(2))/\(name)"
    },
    place("in a shard of single digits") { _, name in
      "kv/main/chunks/sha256/\(name.prefix(1))/\(name.dropFirst().prefix(1))/\(name)"
    },
    place("without a shard") { _, name in "kv/main/chunks/sha256/\(name)" },
    place("one folder too deep") { folder, name in "\(folder)/\(name)/\(name)" },
    place("without its algorithm") { folder, name in "\(folder)/\(name)".replacing("sha256/", with: "") },
    place("under another algorithm") { folder, name in "\(folder)/\(name)".replacing("sha256", with: "sha512") },
    place("in another namespace's folder") { folder, name in "\(folder)/\(name)".replacing("main", with: "other") },
    place("under its digest in upper case") { folder, name in "\(folder)/\(name.uppercased())" },
    place("under its digest with the algorithm before it") { folder, name in "\(folder)/sha256:\(name)" },
    place("with a suffix") { folder, name in "\(folder)/\(name).chunk" },
    place("under half its digest") { folder, name in "\(folder)/\(name.prefix(32))" },
    place("in the ledger's folder") { _, name in "kv/main/data/00/00/\(name)" },
  ]

  static let modes =
    ["100755", "120000", "100664"].map { mode in
      Row.trees("a new chunk of mode \(mode)", 8, says: "the mode \(mode)", of: setBig) {
        $0.chunksTree.setMode($0.chunk(new, 0), mode)
      }
    } + [
      Row.trees("an old chunk made executable", 8, says: "no manifest explains", of: setBig) {
        $0.chunksTree.setMode($0.chunk("big:0", 0), "100755")
      },
      Row.trees("a chunk that is a submodule", 8, says: "the mode 160000", of: setBig) {
        $0.chunksTree.put($0.chunk(new, 0), $0.forge.tips!.ledger, mode: "160000")
      },
      Row.trees("a chunk that is a folder", 8, says: "chunk 0 of 'big:new' is not in the chunks tree", of: setBig) {
        plan in
        let (path, id) = (plan.chunk(new, 0), plan.chunks(of: new)[0].id)
        plan.chunksTree.remove(path)
        plan.chunksTree.put(path + "/chunk", id)
      },
      Row.trees(
        "a chunk that is a tree, as its manifest says", 8, says: "chunk 0 of 'big:new' is not in the chunks tree",
        of: setBig
      ) { plan in
        let tree = plan.forge.state.ledgerTreeID
        plan.chunksTree.put(plan.chunk(new, 0), tree, mode: "40000")
        plan.lieInChunk(new, 0, ["blob_oid": .string(tree)])
      },
      Row.trees("a shard that is a submodule", 8, says: "the mode 160000", of: setBig) {
        $0.chunksTree.put("kv/main/chunks/sha256/zz", $0.forge.tips!.ledger, mode: "160000")
      },
    ]

  static let strays =
    [
      "README", "kv/README", "kv/main/README", "kv/main/chunks/README", "kv/main/chunks/sha256/README",
      "kv/main/chunks/sha256/00/00/README", "kv/main/chunks/sha1/00/00/x", "kv/main/data/00/00/x",
      "kv/main/index/x/x.ref", "kv/other/chunks/sha256/00/00/x", "kv/main/.gitattributes",
    ].map { path in
      Row.trees("\(path) among the chunks", 8, says: "no manifest explains", of: setBig) {
        $0.chunksTree.put(path, $0.forge.blob("x"))
      }
    } + [
      Row.trees("a chunk that no manifest names", 8, says: "no manifest explains", of: setBig) {
        $0.smuggle(Array("nobody asked".utf8))
      },
      Row.trees("a chunk that only an old inline value has", 8, says: "no manifest explains", of: setBig) {
        $0.smuggle(Array("value 2".utf8))
      },
      Row.trees("the whole value as a chunk beside its chunks", 8, says: "no manifest explains", of: setBig) {
        $0.smuggle($0.after.entries[new]!!.bytes)
      },
      Row.trees("an empty folder among the chunks", 8, says: "no manifest explains", of: setBig) {
        $0.chunksTree.put("kv/main/chunks/sha256/00", $0.forge.format.emptyTree, mode: "40000")
        $0.chunksTree.at("kv/main/chunks/sha256") { $0.keepEmpty = true }
      },
      Row.trees("another namespace's whole tree among the chunks", 8, says: "no manifest explains", of: setBig) {
        $0.chunksTree.put("kv/other", $0.forge.state.ledgerTreeID, mode: "40000")
      },
    ]

  /// What git's own check of received objects also knows.
  static let unGitly =
    [".git", "..", "a/b"].map { name in
      Row.trees("'\(name)' among the chunks", 8, says: "no manifest explains", of: setBig) {
        $0.chunksTree.append(in: "kv/main/chunks/sha256", Array(name.utf8), $0.forge.blob("x"))
      }.refusedByGit
    } + [
      Row.trees("one chunk twice in a folder", 8, says: "out of order or doubled", of: setBig) { plan in
        let chunk = plan.chunks(of: new)[0]
        let folder = String(plan.chunk(new, 0).dropLast(65))
        plan.chunksTree.append(in: folder, Array(chunk.digest.utf8), plan.forge.blob("two"))
      }.refusedByGit,
      Row.trees("folders of chunks out of order", 8, says: "out of order or doubled", of: setBig) { plan in
        plan.chunksTree.at("kv/main/chunks/sha256") { folder in
          folder.unsorted = true
          folder.entries.sort { $1.name.lexicographicallyPrecedes($0.name) }
        }
      }.refusedByGit,
    ]

  /// A new chunk at the path made of the right folder and its digest.
  private static func place(_ what: String, _ path: @escaping @Sendable (_ folder: String, String) -> String) -> Row {
    Row.trees("a new chunk \(what)", 8, says: "chunk 0 of 'big:new' is not in the chunks tree", of: setBig) { plan in
      let right = plan.chunk(new, 0)
      plan.chunksTree.move(right, to: path(String(right.dropLast(65)), String(right.suffix(64))))
    }
  }
}
