/// Data, metadata and pointers that do not agree, and counts of something else.
enum PointerRows {
  static let all: [Row] = absent + lies + bytes + metadata + tombstones + counts + others + layout

  static let absent = [
    Row.trees("data without metadata", 8) { $0.ledgerTree.remove($0.meta(new)) },
    Row.trees("metadata without data", 8) { $0.ledgerTree.remove($0.data(new)) },
    Row.trees("data and metadata without a pointer", 8) { $0.indexTree.remove($0.ref(new)) },
    Row.trees("a pointer without data and metadata", 8) { plan in
      plan.ledgerTree.remove(plan.data(new))
      plan.ledgerTree.remove(plan.meta(new))
    },
    Row.trees("a new value under the old pointer", 8, of: Row.nothing) { plan in
      plan.ledgerTree.put(plan.data("cfg:2"), plan.forge.blob("other"))
    },
    Row.trees("new metadata under the old pointer", 8, of: Row.nothing) { plan in
      plan.lieInMeta("cfg:2", ["ctype": .string("text/html")])
    },
    Row.trees("a new pointer over the old value", 8, of: Row.nothing) {
      $0.lie("cfg:2", ["ctype": .string("text/html")])
    },
  ]

  static let lies = [
    lie("its blob", ["ledger_blob": .string(String(repeating: "1", count: 40))]),
    lie("no blob", ["ledger_blob": .null]), lie("its size", ["size": .number("4")]),
    lie("its ctype", ["ctype": .string("text/html")]),
    lie("its etag", ["etag": .string("blake3:" + String(repeating: "0", count: 64))]),
    lie("a ttl", ["ttl": .string("2027-01-01T00:00:00Z")]), lie("its key", ["key": .string("cfg:old")]),
    lie("its type, deleted", ["type": .string("deleted")]), lie("its type, unknown", ["type": .string("other")]),
    lie("no etag", ["etag": nil]), lie("no ctype", ["ctype": nil]),
    lie("another version", ["v": .number("2")]), lie("a manifest", ["manifest_blob": .string("x")]),
    Row.trees("a pointer lies about the blob of another key", 8) { plan in
      plan.lie(new, ["ledger_blob": .string(plan.forge.format.id("blob", Array("value 2".utf8)))])
    },
    Row.trees("a pointer leaves out the ttl", 8, of: Row.set(new, Value("x", ttl: "2027-01-01T00:00:00Z"))) {
      $0.lie(new, ["ttl": nil])
    },
  ]

  /// The right content in bytes that are not canonical.
  static let bytes = [
    written("with spaces") { $0.replacing(",", with: ", ") }, written("without its newline") { String($0.dropLast()) },
    written("with two newlines") { $0 + "\n" }, written("with a carriage return") { $0.replacing("\n", with: "\r\n") },
    written("in another order") {
      $0.replacing("\"v\":1", with: "").replacing("{", with: "{\"v\":1,").replacing(",}", with: "}")
    },
    written("with one field more") { $0.replacing("\"v\":1", with: "\"v\":1,\"w\":1") },
    written("with a field twice") { $0.replacing("\"v\":1", with: "\"v\":1,\"v\":1") },
    written("with an escaped slash") { $0.replacing("text/", with: "text\\/") },
    written("with an escaped letter") { $0.replacing("cfg:new", with: "cfg:\\u006eew") },
    written("with its size as text") { $0.replacing("\"size\":3", with: "\"size\":\"3\"") },
    written("with its size as a fraction") { $0.replacing("\"size\":3", with: "\"size\":3.0") },
    written("with a byte order mark") { "\u{feff}" + $0 }, written("in a list") { "[" + $0.dropLast() + "]\n" },
    written("that is empty") { _ in "" }, written("that is no JSON") { _ in "cfg:new\n" },
    written("nested deeper than anyone needs") { _ in
      String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
    },
  ]

  private static let new = "cfg:new"

  private static func lie(_ what: String, _ fields: [String: JSON?]) -> Row {
    Row.trees("a pointer lies about \(what)", 8) { $0.lie(new, fields) }
  }

  private static func written(_ how: String, _ change: @escaping @Sendable (String) -> String) -> Row {
    Row.trees("a pointer \(how)", 8) { plan in
      let right = plan.after.entries[new]!!.pointer(new, plan.forge.format).text + "\n"
      plan.indexTree.put(plan.ref(new), plan.forge.blob(change(right)))
    }
  }
}
