/// Sizes and chunks that a manifest names.
extension ManifestRows {
  static let sizes = [
    lie("total_size one too high", ["total_size": .number("4501")]).saying("total_size"),
    lie("total_size one too low", ["total_size": .number("4499")]).saying("total_size"),
    lie("total_size 0", ["total_size": .number("0")]).saying("total_size"),
    lie("a negative total_size", ["total_size": .number("-4500")]),
    lie("the largest total_size", ["total_size": .number("9223372036854775807")]),
    lie("a total_size beyond Int64", ["total_size": .number("9223372036854775808")]),
    lie("a total_size that wraps around", ["total_size": .number("18446744073709556116")]),
    sized(
      "sizes that overflow to the right sum", ["9223372036854775807", "9223372036854775807", "1000", "1000", "2502"]),
    sized("a size that overflows alone", ["18446744073709552616", "1000", "1000", "1000", "500"]),
    sized("a negative size that another makes up for", ["-1000", "2000", "2000", "1000", "500"]),
    sized("a size of 0 that another makes up for", ["0", "2000", "1000", "1000", "500"]),
    sized("sizes that are not those of the blobs", ["1001", "999", "1000", "1000", "500"]).saying(
      "bytes, but its manifest says"),
    sized("the sizes of its blobs in another order", ["500", "1000", "1000", "1000", "1000"]).saying(
      "bytes, but its manifest says"),
    sized("a size that is not a number", ["null", "1000", "1000", "1000", "500"]),
  ]

  /// The list of chunks.
  static let entries =
    [
      lie("an empty list of chunks", ["chunks": .array([])]).saying("names no chunks"),
      lie("an empty list of chunks and no size", ["chunks": .array([]), "total_size": .number("0")])
        .saying("names no chunks"),
      lie("a text for chunks", ["chunks": .string("")]), lie("a chunk that is null", ["chunks": .array([.null])]),
      listed("a gap in its numbers") { $0[2] = $0[2].with(["i": .number("7")]) },
      listed("a number twice") { $0[2] = $0[2].with(["i": .number("1")]) },
      listed("numbers from 1") { list in
        for i in list.indices { list[i] = list[i].with(["i": .number("\(i + 1)")]) }
      },
      listed("a negative number") { $0[0] = $0[0].with(["i": .number("-1")]) },
      listed("two chunks the wrong way round") { $0.swapAt(0, 1) },
      listed("a chunk left out") { $0.removeLast() }.saying("total_size"),
      listed("a chunk listed twice") { $0.append($0[4].with(["i": .number("5")])) }.saying("total_size"),
      entry("with one field more", ["x": .null]),
      entry("with a digest without its algorithm", ["digest": .string(digits)]),
      entry("with a digest of another algorithm", ["digest": .string("sha512:" + digits)]),
      entry("with a digest too short", ["digest": .string("sha256:" + digits.dropLast())]),
      entry("with a digest too long", ["digest": .string("sha256:" + digits + "0")]),
      entry("with an empty digest", ["digest": .string("sha256:")]),
      entry("with a digest that is no hexadecimal", ["digest": .string("sha256:" + digits.replacing("0", with: "g"))]),
      entry("with a digest that is a path", ["digest": .string("sha256:../../" + digits.dropLast(6))]),
      entry("with an empty blob_oid", ["blob_oid": .string("")]),
      entry("with a null for blob_oid", ["blob_oid": .null]),
      entry("with a name for blob_oid", ["blob_oid": .string("HEAD")]),
    ] + [
      told("with a digest in upper case") { chunk, _ in ["digest": .string("sha256:" + chunk.digest.uppercased())] },
      told("with a blob_oid in upper case") { chunk, _ in ["blob_oid": .string(chunk.id.uppercased())] },
      told("with an abbreviated blob_oid") { chunk, _ in ["blob_oid": .string(String(chunk.id.dropLast()))] },
      told("with a blob_oid of zeros") { _, forge in ["blob_oid": .string(forge.format.zero)] },
      told("with a blob_oid of the other format") { chunk, forge in
        ["blob_oid": .string((forge.format == .sha1 ? ObjectFormat.sha256 : .sha1).id("blob", chunk.bytes))]
      },
    ]

  private static let digits = String(repeating: "0123456789abcdef", count: 4)

  private static func listed(_ what: String, _ change: @escaping @Sendable (inout [JSON]) -> Void) -> Row {
    Row.trees("a manifest with \(what)", 8, says: mine, of: setBig) { plan in
      var list = plan.chunks(of: new).enumerated().map { $1.json($0) }
      change(&list)
      plan.lieInManifest(new, ["chunks": .array(list)])
    }
  }

  private static func sized(_ what: String, _ sizes: [String]) -> Row {
    listed(what) { list in
      for i in list.indices { list[i] = list[i].with(["size": .number(sizes[i])]) }
    }
  }

  static func entry(_ what: String, _ fields: [String: JSON?]) -> Row { told(what) { _, _ in fields } }

  private static func told(_ what: String, _ fields: @escaping @Sendable (Chunk, Forge) -> [String: JSON?]) -> Row {
    Row.trees("a chunk listed \(what)", 8, says: mine, of: setBig) { plan in
      plan.lieInChunk(new, 1, fields(plan.chunks(of: new)[1], plan.forge))
    }
  }
}
