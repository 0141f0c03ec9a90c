/// Metadata, tombstones, counts and the burst layout.
extension PointerRows {
  static let metadata = [
    meta("one field more", ["x": .null]), meta("no created_by", ["created_by": nil]),
    meta("no created_at", ["created_at": nil]), meta("another version", ["v": .number("2")]),
    meta("a creator with a control character", ["created_by": .string("a\u{1}b")]),
    meta("an empty creator", ["created_by": .string("")]),
    meta("a creator of 257 bytes", ["created_by": .string(String(repeating: "d", count: 257))]),
    meta("an instant with a fraction", ["created_at": .string("2026-11-23T10:00:00.5Z")]),
    meta("an instant with an offset", ["created_at": .string("2026-11-23T10:00:00+00:00")]),
    meta("the 30th of February", ["created_at": .string("2026-02-30T10:00:00Z")]),
    meta("hour 24", ["created_at": .string("2026-11-23T24:00:00Z")]),
    both("an etag of no known hash", "etag", "md5:00000000000000000000000000000000"),
    both("an etag in upper case", "etag", "blake3:" + String(repeating: "A", count: 64)),
    both("an etag too short", "etag", "blake3:00"), both("an empty ctype", "ctype", ""),
    both("a ctype outside ASCII", "ctype", "text/é"), both("a ctype with a newline", "ctype", "text\n"),
    both("a ctype of 256 bytes", "ctype", String(repeating: "t", count: 256)),
    both("a ttl before its creation", "ttl", "2026-11-23T09:59:59Z"),
    both("a ttl at its creation", "ttl", "2026-11-23T10:00:00Z"), both("a ttl that is no instant", "ttl", "30d"),
    Row.trees("metadata with spaces", 8) { plan in
      let right = plan.after.entries["cfg:new"]!!.meta.text + "\n"
      plan.ledgerTree.put(plan.meta("cfg:new"), plan.forge.blob(right.replacing(",", with: ", ")))
    },
  ]

  static let tombstones = [
    Row.trees("a tombstone with data and metadata left", 8, of: Row.nothing) { plan in
      plan.indexTree.put(plan.ref("cfg:2"), plan.forge.json(Value.tombstone("cfg:2")))
    },
    Row.trees("a tombstone with data left", 8, of: delete) {
      $0.ledgerTree.put($0.data("cfg:2"), $0.forge.blob("value 2"))
    },
    Row.trees("a tombstone with metadata left", 8, of: delete) {
      $0.ledgerTree.put($0.meta("cfg:2"), $0.forge.json(Value("value 2").meta))
    },
    Row.trees("a key deleted without a tombstone", 8, of: delete) { $0.indexTree.remove($0.ref("cfg:2")) },
    Row.trees("a key deleted under its old pointer", 8, of: delete) { plan in
      plan.indexTree.put(plan.ref("cfg:2"), plan.forge.json(Value("value 2").pointer("cfg:2", plan.forge.format)))
    },
    Row.trees("a tombstone with a ctype", 8, of: delete) { $0.lie("cfg:2", ["ctype": .string("text/plain")]) },
    Row.trees("a tombstone with a size", 8, of: delete) { $0.lie("cfg:2", ["size": .number("7")]) },
    Row.trees("a tombstone with a blob", 8, of: delete) {
      $0.lie("cfg:2", ["ledger_blob": .string($0.forge.format.id("blob", Array("value 2".utf8)))])
    },
  ]

  static let counts = [
    count("Keys-Set one too high", "Keys-Set", "2"), count("Keys-Set one too low", "Keys-Set", "0"),
    count("Keys-Del one too high", "Keys-Del", "1"),
    Row.commits("a deletion counted as setting", 8, says: "Keys-", of: delete) {
      ($0.ledger["Keys-Set"], $0.ledger["Keys-Del"]) = ("1", "0")
    }.passing(.attest),
    Row.commits("a deletion not counted", 8, says: "Keys-Del", of: delete) { $0.ledger["Keys-Del"] = "0" }.passing(
      .attest),
  ]

  static let others = [
    Row.trees("a tombstone of a key that never was", 8) { plan in
      plan.indexTree.put("kv/main/index/cf/g%3A/cfg%3Anever.ref", plan.forge.json(Value.tombstone("cfg:never")))
    },
    Row.trees("an old tombstone removed", 8) { $0.indexTree.remove($0.ref("cfg:gone")) },
    Row.trees("the pointer of another key changed", 8) { $0.lie("cfg:3", ["size": .number("8")]) },
    Row.trees("the pointer of another key removed", 8) { $0.indexTree.remove($0.ref("cfg:3")) },
    Row.trees("two pointers change places", 8) { plan in
      let (one, other) = (plan.ref("cfg:3"), plan.ref("cfg:4"))
      plan.indexTree.put(one, plan.forge.json(Value("value 4").pointer("cfg:4", plan.forge.format)))
      plan.indexTree.put(other, plan.forge.json(Value("value 3").pointer("cfg:3", plan.forge.format)))
    },
    Row.trees("a pointer of the new key in two places", 8) {
      $0.indexTree.put(
        "kv/main/index/cf/g%3A/n/cfg%3Anew.ref", $0.forge.json(Value("new").pointer("cfg:new", $0.forge.format)))
    },
  ]

  static let layout = [
    Row.trees("257 keys in a leaf", 8, of: Row.set("near:new", Value("x"))) { plan in
      for key in plan.after.entries.keys where key.hasPrefix("near:") {
        plan.indexTree.move(plan.ref(key), to: "kv/main/index/ne/ar/\(Names.enc(key.utf8)).ref")
      }
    },
    Row.trees("a burst folder with one key left behind", 8, of: Row.set("near:new", Value("x"))) { plan in
      plan.indexTree.move(plan.ref("near:9"), to: "kv/main/index/ne/ar/near%3A9.ref")
    },
    Row.trees("a folder burst too early", 8) { plan in
      plan.indexTree.move(plan.ref("cfg:new"), to: "kv/main/index/cf/g%3A/ne/cfg%3Anew.ref")
    },
    Row.trees("a whole folder burst too early", 8) { plan in
      for key in plan.after.entries.keys where key.hasPrefix("cfg:") {
        let part = Names.enc(key.utf8.dropFirst(4).prefix(2))
        plan.indexTree.move(plan.ref(key), to: "kv/main/index/cf/g%3A/\(part)/\(Names.enc(key.utf8)).ref")
      }
    },
    Row.trees("a new key beside the folders of a burst one", 8, of: Row.set("user:new", Value("x"))) {
      $0.indexTree.move($0.ref("user:new"), to: "kv/main/index/us/er/user%3Anew.ref")
    },
    Row.trees("a key that ends at a burst folder moved into it", 8) {
      $0.indexTree.move($0.ref("user"), to: "kv/main/index/us/er/%3A1/user.ref")
    },
  ]

  @Sendable private static func delete(_ store: inout Store) { store.entries["cfg:2"] = .some(nil) }

  private static func meta(_ what: String, _ fields: [String: JSON?]) -> Row {
    Row.trees("metadata with \(what)", 8) { $0.lieInMeta("cfg:new", fields) }
  }

  /// A field that metadata and pointer agree on, and that is wrong.
  private static func both(_ what: String, _ field: String, _ value: String) -> Row {
    Row.trees("metadata and pointer with \(what)", 8) { plan in
      plan.lieInMeta("cfg:new", [field: .string(value)])
      plan.lie("cfg:new", [field: .string(value)])
    }
  }

  private static func count(_ what: String, _ name: String, _ value: String) -> Row {
    Row.commits(what, 8, says: name) { $0.ledger[name] = value }.passing(.attest)
  }
}
