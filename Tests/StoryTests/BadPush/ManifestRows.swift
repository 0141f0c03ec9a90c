/// Manifests that are not what the contract says; pointer, chunks and trailers agree with each as well as they can.
enum ManifestRows {
  static let all: [Row] = texts + files + pointers + limits
  /// What is wrong in the manifest itself.
  static let texts = bytes + absent + fields + cuts + sizes + entries

  static let new = "big:new"
  /// Five chunks: four of 1,000 bytes and one of 500.
  static let setBig = Row.set(new, Value(noise: 4500))

  /// The right content in bytes that are not canonical.
  static let bytes =
    [
      written("with spaces") { $0.replacing(",", with: ", ") }, written("with a space at its end") { $0 + " " },
      written("without its newline") { String($0.dropLast()) }, written("with two newlines") { $0 + "\n" },
      written("with a carriage return") { $0.replacing("\n", with: "\r\n") },
      written("that stands there twice") { $0 + $0 },
      written("in another order") {
        $0.replacing(",\"v\":1", with: "").replacing("{\"algo\"", with: "{\"v\":1,\"algo\"")
      },
      written("with a chunk's fields in another order") {
        $0.replacing("\"i\":0,\"size\":1000", with: "\"size\":1000,\"i\":0")
      },
      written("with one field more") { $0.replacing("\"v\":1", with: "\"v\":1,\"w\":1") },
      written("with a field twice") { $0.replacing("\"v\":1", with: "\"v\":1,\"v\":1") },
      written("with an escaped letter") { $0.replacing("big:new", with: "big:\\u006eew") },
      written("with its size as text") { $0.replacing(":4500", with: ":\"4500\"") },
      written("with its size as a fraction") { $0.replacing(":4500", with: ":4500.0") },
      written("with its size as a power") { $0.replacing(":4500", with: ":45e2") },
      written("with its size after a zero") { $0.replacing(":4500", with: ":04500") },
      written("with its size after a plus") { $0.replacing(":4500", with: ":+4500") },
      written("with a byte order mark") { "\u{feff}" + $0 }, written("in a list") { "[" + $0.dropLast() + "]\n" },
      written("that is empty") { _ in "" }, written("that is an empty object") { _ in "{}\n" },
      written("that is no JSON") { _ in "big:new\n" }, written("cut short") { String($0.prefix($0.count / 2)) },
      written("nested deeper than anyone needs") { _ in
        String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
      }.unseen,
    ] + [
      Row.trees("a manifest that is no UTF-8", 8, says: mine, of: setBig) {
        $0.replaceManifest(new, [0x7b, 0xff, 0x7d])
      },
      Row.trees("a manifest of more than 16 MiB", 8, says: "more than 16777216", of: setBig) { plan in
        let right = plan.after.entries[new]!!.manifest(new, plan.forge.format)!.text
        let text = Array((right + String(repeating: " ", count: 16 << 20) + "\n").utf8)
        // By git: it is faster at this than the forge.
        let id = try plan.forge.repo.must("hash-object", "-w", "--stdin", input: text)
        plan.ledgerTree.put(plan.manifest(new), id)
        plan.lie(new, ["manifest_blob": .string(id)])
      },
    ]

  static let absent: [Row] =
    ["algo", "chunking", "chunks", "etype", "git_hash", "key", "total_size", "v"].map { lie("no \($0)", [$0: nil]) }
    + ["blob_oid", "digest", "i", "size"].map { entry("without \($0)", [$0: nil]) }
    + ["avg", "max", "min", "mode"].map { cut("no \($0)", [$0: nil]) }

  static let fields = [
    lie("version 2", ["v": .number("2")]), lie("its version as text", ["v": .string("1")]),
    lie("another key", ["key": .string("big:0")]), lie("an empty key", ["key": .string("")]),
    lie("no key at all", ["key": .null]), lie("another algorithm", ["algo": .string("sha1")]),
    lie("its algorithm in upper case", ["algo": .string("SHA256")]),
    lie("an unknown object format", ["git_hash": .string("md5")]),
    Row.trees("a manifest with the other object format", 8, says: mine, of: setBig) { plan in
      plan.lieInManifest(new, ["git_hash": .string(plan.forge.format == .sha1 ? "sha256" : "sha1")])
    },
    lie("another etype than its metadata", ["etype": .string("blake3:" + String(repeating: "0", count: 64))]),
    lie("an etype of no known hash", ["etype": .string("md5:00000000000000000000000000000000")]),
    lie("a null for etype", ["etype": .null]),
    Row.trees("metadata with another etag than the manifest", 8, says: mine, of: setBig) { plan in
      let other = JSON.string("blake3:" + String(repeating: "1", count: 64))
      plan.lieInMeta(new, ["etag": other])
      plan.lie(new, ["etag": other])
    },
  ]

  /// What the manifest says of how the value was cut.
  static let cuts = [
    cut("min 0", ["min": .number("0")]).saying("chunk sizes"),
    cut("min 63", ["min": .number("63")]).saying("chunk sizes"),
    cut("a negative min", ["min": .number("-64")]),
    cut("min above avg", ["min": .number("1001")]).saying("chunk sizes"),
    cut("avg above max", ["avg": .number("2001")]).saying("chunk sizes"),
    cut("max of 1 GiB", ["max": .number("1073741824")]).saying("chunk sizes"),
    cut("max one byte above 16 MiB", ["max": .number("16777217")]).saying("chunk sizes"),
    cut("max beyond all counting", ["max": .number("99999999999999999999")]),
    cut("an unknown mode", ["mode": .string("rabin")]), cut("its mode as a number", ["mode": .number("1")]),
    cut("min as text", ["min": .string("64")]), cut("one field more", ["x": .number("1")]),
    lie("a text for chunking", ["chunking": .string("fastcdc")]),
    // Nothing but the cut is wrong: the chunks are there, and the sizes are theirs.
    wrongly("a chunk above max", says: "chunk 1 has 1001 bytes", Cut(max: 1000, sizes: [1000, 1001])),
    wrongly("a chunk below min in the middle", says: "chunk 1 has 63 bytes", Cut(sizes: [1000, 63])),
    wrongly("a chunk of one byte at the front", says: "chunk 0 has 1 bytes", Cut(sizes: [1, 2000])),
    wrongly(
      "its last chunk above max", says: "chunk 3 has 1500 bytes", Cut(max: 1000, sizes: [1000, 1000, 1000, 1500])),
    wrongly(
      "fixed chunks, one of them shorter", says: "chunk 1 has 999 bytes", Cut(mode: "fixed", sizes: [1000, 999])),
    wrongly(
      "fixed chunks, one of them longer", says: "chunk 1 has 1001 bytes", Cut(mode: "fixed", sizes: [1000, 1001])),
    wrongly(
      "fixed chunks, the last one longer", says: "chunk 3 has 1500 bytes",
      Cut(mode: "fixed", sizes: [1000, 1000, 1000, 1500])),
    Row.trees("an empty value in chunks", 8, says: "names no chunks", of: Row.set(new, Value([], Cut()))) { _ in },
    Row.trees("an empty value in one empty chunk", 8, says: "chunk 0 has 0 bytes", of: Row.set(new, Value([], Cut()))) {
      plan in
      let empty = Chunk([], plan.forge.format)
      plan.chunksTree.put(Names.chunk(plan.forge.ns, empty.digest), plan.forge.blob([]))
      plan.chunks = CommitPlan()
      plan.chunks?.parents = [plan.forge.tips!.chunks!]
      plan.lieInManifest(new, ["chunks": .array([empty.json(0)])])
    },
  ]

  static let mine = "manifest of 'big:new'"

  private static func written(_ how: String, _ change: @escaping @Sendable (String) -> String) -> Row {
    Row.trees("a manifest \(how)", 8, says: mine, of: setBig) { plan in
      let right = plan.after.entries[new]!!.manifest(new, plan.forge.format)!.text + "\n"
      plan.replaceManifest(new, Array(change(right).utf8))
    }
  }

  static func lie(_ what: String, _ fields: [String: JSON?]) -> Row {
    Row.trees("a manifest with \(what)", 8, says: mine, of: setBig) { $0.lieInManifest(new, fields) }
  }

  private static func cut(_ what: String, _ fields: [String: JSON?]) -> Row {
    Row.trees("a manifest cut with \(what)", 8, says: mine, of: setBig) {
      $0.lieInManifest(new, ["chunking": Cut().json.with(fields)])
    }
  }

  private static func wrongly(_ what: String, says: String, _ cut: Cut) -> Row {
    Row.trees("a value with \(what)", 8, says: says, of: Row.set(new, Value(noise: 4500, cut))) { _ in }
  }
}
