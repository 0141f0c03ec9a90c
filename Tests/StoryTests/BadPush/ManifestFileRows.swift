/// Manifests beside the other files of their keys, and the limits that hold for values in chunks too.
extension ManifestRows {
  static let files =
    [
      Row.trees("a manifest beside the inline value", 8, says: "both a value and a manifest", of: setBig) {
        $0.ledgerTree.put($0.data(new), $0.forge.blob($0.after.entries[new]!!.bytes))
      },
      Row.trees("an inline value put beside the old manifest", 8, says: "both a value and a manifest", of: Row.nothing)
      {
        $0.ledgerTree.put($0.data("big:0"), $0.forge.blob("x"))
      },
      Row.trees("a manifest put beside the old inline value", 8, says: "both a value and a manifest", of: Row.nothing) {
        $0.ledgerTree.put($0.manifest("cfg:2"), $0.forge.blob("{}\n"))
      },
      Row.trees("a manifest without metadata", 8, says: new, of: setBig) { $0.ledgerTree.remove($0.meta(new)) },
      Row.trees("metadata without its manifest", 8, says: new, of: setBig) { $0.ledgerTree.remove($0.manifest(new)) },
      Row.trees("a manifest without a pointer", 8, says: "no pointer for 'big:new'", of: setBig) {
        $0.indexTree.remove($0.ref(new))
      },
      Row.trees("a pointer without manifest and metadata", 8, says: "Keys-Set", of: setBig) { plan in
        plan.ledgerTree.remove(plan.manifest(new))
        plan.ledgerTree.remove(plan.meta(new))
      },
      Row.trees("a tombstone with the manifest left", 8, says: "big:0", of: delete) {
        $0.ledgerTree.put(
          $0.manifest("big:0"), $0.forge.json($0.before.entries["big:0"]!!.manifest("big:0", $0.forge.format)!))
      },
      Row.trees("a chunked key deleted without a tombstone", 8, says: "no pointer for 'big:0'", of: delete) {
        $0.indexTree.remove($0.ref("big:0"))
      },
      Row.trees("a manifest under another key's name", 8, says: mine, of: setBig) {
        $0.ledgerTree.put(
          $0.manifest(new), $0.forge.json($0.after.entries["big:0"]!!.manifest("big:0", $0.forge.format)!))
      },
      Row.trees("a manifest in another shard", 8, says: new, of: setBig) {
        $0.ledgerTree.move($0.manifest(new), to: "kv/main/data/00/00/big%3Anew.manifest.json")
      },
      Row.trees("a manifest among the metadata", 8, says: "may not stand there", of: setBig) {
        $0.ledgerTree.move($0.manifest(new), to: $0.meta(new).dropLast(5) + ".manifest.json")
      },
      Row.trees("a manifest with half its suffix", 8, says: "big", of: setBig) {
        $0.ledgerTree.move($0.manifest(new), to: $0.data(new) + ".manifest")
      },
      Row.trees("a manifest of a manifest", 8, says: "big", of: setBig) {
        $0.ledgerTree.move($0.manifest(new), to: $0.manifest(new) + ".manifest.json")
      },
      Row.trees("a manifest of the empty key", 4, 8, of: setBig) {
        $0.ledgerTree.put("kv/main/data/e3/b0/.manifest.json", $0.forge.blob("{}\n"))
      },
      Row.trees("a manifest that is a folder", 8, says: "may not stand there", of: setBig) { plan in
        plan.ledgerTree.remove(plan.manifest(new))
        plan.ledgerTree.put(plan.manifest(new) + "/manifest", plan.forge.blob("{}\n"))
      },
      Row.trees("a manifest that is a submodule", 8, says: "the mode 160000", of: setBig) {
        $0.ledgerTree.put($0.manifest(new), $0.forge.tips!.ledger, mode: "160000")
      },
      Row.trees("the value itself under its manifest's name", 8, says: mine, of: setBig) {
        $0.replaceManifest(new, $0.after.entries[new]!!.bytes)
      },
    ]
    + ["100755", "120000"].map { mode in
      Row.trees("a manifest of mode \(mode)", 8, says: "the mode \(mode)", of: setBig) {
        $0.ledgerTree.setMode($0.manifest(new), mode)
      }
    }

  static let pointers =
    [
      pointer("it is inline", ["type": .string("inline")]), pointer("it is deleted", ["type": .string("deleted")]),
      pointer("its size", ["size": .number("4501")]), pointer("no manifest", ["manifest_blob": .null]),
      pointer("another manifest", ["manifest_blob": .string(String(repeating: "1", count: 40))]),
      pointer("another key", ["key": .string("big:0")]), pointer("its ctype", ["ctype": .string("text/html")]),
      pointer("its etag", ["etag": .string("blake3:" + String(repeating: "0", count: 64))]),
      pointer("a ttl", ["ttl": .string("2027-01-01T00:00:00Z")]),
    ] + [
      pointed("its manifest as an inline value") { plan in
        let id = plan.after.entries[new]!!.pointer(new, plan.forge.format)["manifest_blob"]
        return ["type": .string("inline"), "ledger_blob": id, "manifest_blob": .null]
      },
      pointed("a chunk for its value") { ["ledger_blob": .string($0.chunks(of: new)[0].id)] },
      pointed("a chunk for its manifest") { ["manifest_blob": .string($0.chunks(of: new)[0].id)] },
      pointed("the manifest of another key") { plan in
        ["manifest_blob": plan.after.entries["big:0"]!!.pointer("big:0", plan.forge.format)["manifest_blob"]]
      },
      Row.trees("the pointer of an inline value says chunked", 8, says: "cfg:new") { plan in
        let id = plan.forge.format.id("blob", Array("new".utf8))
        plan.lie("cfg:new", ["type": .string("chunked"), "ledger_blob": .null, "manifest_blob": .string(id)])
      },
      Row.trees("a new manifest under the old pointer", 8, says: "big:0", of: recut) {
        $0.indexTree.put($0.ref("big:0"), $0.forge.json($0.before.entries["big:0"]!!.pointer("big:0", $0.forge.format)))
      },
    ]

  /// The same chunks under a manifest that says something else.
  @Sendable private static func recut(_ store: inout Store) { store.entries["big:0"]??.cut?.max = 4000 }

  static let limits = [
    Row.trees("a value above max_value_total", 3, says: "max_value_total", of: setBig) { _ in }.under(total(4096)),
    Row.trees("a value one byte above max_value_total", 3, says: "max_value_total", of: setBig) { _ in }.under(
      total(4499)),
    Row.trees("a chunked key outside allowed_prefixes", 3, says: new, of: setBig) { _ in }.under(PolicyRows.prefixes),
    Row.trees("a chunked value without the ttl it has to have", 3, says: "ttl", of: setBig) { _ in }
      .under(PolicyRows.retention("ttl_default: 30d")),
    lfs("an LFS pointer in one chunk", Cut()), lfs("an LFS pointer cut into pieces", Cut(avg: 64)),
    Row.trees("a chunked key with a newline", 4, says: "control character", of: Row.set("big:\nx", Value(noise: 4500)))
    { _ in },
    Row.trees(
      "a chunked key of 1,025 bytes", 4, says: "1025 bytes",
      of: Row.set(String(repeating: "k", count: 1025), Value(noise: 4500))
    ) { _ in },
  ].map(\.unseen)

  static func total(_ bytes: Int) -> String {
    Template.policy("max_value_inline: 4KiB", "max_value_inline: 1KiB\n    max_value_total: \(bytes)")
  }

  static let lfsPointer =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

  private static func lfs(_ name: String, _ cut: Cut) -> Row {
    Row.trees(name, 3, says: "LFS", of: Row.set(new, Value(Array(lfsPointer.utf8), cut))) { _ in }
  }

  @Sendable private static func delete(_ store: inout Store) { store.entries["big:0"] = .some(nil) }

  private static func pointer(_ what: String, _ fields: [String: JSON?]) -> Row { pointed(what) { _ in fields } }

  private static func pointed(_ what: String, _ fields: @escaping @Sendable (Plan) -> [String: JSON?]) -> Row {
    Row.trees("the pointer of a chunked value names \(what)", 8, says: "pointer of 'big:new'", of: setBig) {
      $0.lie(new, fields($0))
    }
  }
}
