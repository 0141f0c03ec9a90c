/// The keys of one ledger tree with its index tree.
struct KeySet {
  /// The data and meta blob of each key that is there.
  var live: [[UInt8]: [String]] = [:]
  /// Every key with a pointer, tombstones too.
  var all: Set<[UInt8]> = []
}

/// Bytes a field may hold.
enum Alphabet {
  static let hex = Set("0123456789abcdef".utf8)
  static let ulid = Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  static let name = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8)
}

/// One line of `ls-tree -r -t -z`.
private struct Entry {
  let mode: String
  let kind: String
  let id: String
  let path: [UInt8]
}

extension Invariants {
  /// Checks both trees of a transaction against each other and against the layout, and gives the keys.
  mutating func keys(_ ledgerTree: String, _ indexTree: String, _ at: String) throws -> KeySet {
    var keys = KeySet()
    var data: [[UInt8]: String] = [:]
    var meta: [[UInt8]: String] = [:]
    for entry in try blobs(ledgerTree, at) {
      guard let (key, isMeta) = ledgerKey(entry.path) else {
        say(at + "the ledger holds \(String(decoding: entry.path, as: UTF8.self))")
        continue
      }
      if isMeta { meta[key] = entry.id } else { data[key] = entry.id }
    }
    var pointers: [[UInt8]: (path: [UInt8], id: String)] = [:]
    for entry in try blobs(indexTree, at) {
      guard let name = entry.path.split(separator: UInt8(ascii: "/")).last, name.count > 4,
        name.suffix(4) == [46, 114, 101, 102],
        let key = Names.dec(name.dropLast(4)), legal(key)
      else {
        say(at + "the index holds \(String(decoding: entry.path, as: UTF8.self))")
        continue
      }
      if pointers.updateValue((entry.path, entry.id), forKey: key) != nil { say(at + "two pointers of one key") }
    }
    keys.all = Set(pointers.keys)
    let paths = Names.index(ns, Array(keys.all))
    for (key, pointer) in pointers where paths[key].map({ Array($0.utf8) }) != pointer.path {
      say(at + "a pointer stands at \(String(decoding: pointer.path, as: UTF8.self)), not at \(paths[key] ?? "?")")
    }
    for key in data.keys where meta[key] == nil { say(at + "\(Names.enc(key)) has no metadata") }
    for key in Set(data.keys).union(meta.keys) where pointers[key] == nil {
      say(at + "\(Names.enc(key)) has no pointer")
    }
    let bytes = try repo.objects(Array(meta.values) + pointers.values.map(\.id))
    let sizes = try sizes(Array(data.values))
    for (key, pointer) in pointers {
      let ids = [pointer.id, meta[key] ?? "", data[key] ?? "", Names.enc(key)]
      if agreed.contains(ids) {
        if let id = meta[key], let blob = data[key] { keys.live[key] = [blob, id] }
        continue
      }
      let name = String(decoding: key, as: UTF8.self)
      var wanted = Value.tombstone(name)
      if let id = meta[key] {
        guard let blob = data[key], let fields = bytes[id].flatMap({ metadata($0.bytes) }) else {
          say(at + "\(Names.enc(key)): metadata without data, or not as it should be")
          continue
        }
        keys.live[key] = [blob, id]
        wanted = .object([
          "v": .number("1"), "key": .string(name), "type": .string("inline"), "manifest_blob": .null,
          "ledger_blob": .string(blob), "size": .number(sizes[blob] ?? "?"),
        ])
        wanted = wanted.with(["ctype": fields["ctype"], "etag": fields["etag"]])
        if let ttl = fields["ttl"] { wanted = wanted.with(["ttl": ttl]) }
      }
      let actual = bytes[pointer.id]?.bytes ?? []
      if actual != Array((wanted.text + "\n").utf8) {
        say(at + "the pointer of \(Names.enc(key)) is \(String(decoding: actual, as: UTF8.self)), not \(wanted.text)")
      } else {
        agreed.insert(ids)
      }
    }
    return keys
  }

  /// The blobs of a tree; anything that is neither a plain blob nor a tree with something in it is reported.
  private mutating func blobs(_ tree: String, _ at: String) throws -> [Entry] {
    let listing = try repo.git("ls-tree", "-r", "-t", "-z", "--full-tree", tree)
    guard listing.ok else {
      say(at + "tree \(tree) cannot be listed: \(listing.errors)")
      return []
    }
    var found: [Entry] = []
    for line in listing.out.split(separator: 0) {
      guard let tab = line.firstIndex(of: 9) else { continue }
      let head = String(decoding: line[..<tab], as: UTF8.self).split(separator: " ").map(String.init)
      let entry = Entry(mode: head[0], kind: head[1], id: head[2], path: Array(line[line.index(after: tab)...]))
      switch (entry.mode, entry.kind) {
      case ("100644", "blob"): found.append(entry)
      case ("040000", "tree") where entry.id != format.emptyTree: break
      default: say(at + "\(String(decoding: entry.path, as: UTF8.self)) is \(entry.mode) \(entry.kind)")
      }
    }
    return found
  }

  private mutating func ledgerKey(_ path: [UInt8]) -> (key: [UInt8], isMeta: Bool)? {
    let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
    let isMeta = name.suffix(5) == Array(".meta".utf8)[...]
    guard let key = Names.dec(isMeta ? name.dropLast(5) : name[...]), legal(key) else { return nil }
    let shard = shards[key] ?? Names.shard(key)
    shards[key] = shard
    let right = "kv/\(ns)/\(isMeta ? "meta" : "data")/\(shard)/" + String(decoding: name, as: UTF8.self)
    return Array(right.utf8) == path ? (key, isMeta) : nil
  }

  private func legal(_ key: [UInt8]) -> Bool {
    (1...1024).contains(key.count) && String(validating: key, as: UTF8.self) != nil
      && key.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  }

  private func sizes(_ ids: [String]) throws -> [String: String] {
    let asked = Array(Set(ids)).sorted()
    guard !asked.isEmpty else { return [:] }
    let lines = try repo.must("cat-file", "--batch-check", input: Array(asked.joined(separator: "\n").utf8) + [10])
    return Dictionary(
      uniqueKeysWithValues: zip(asked, lines.split(separator: "\n").map { String($0.split(separator: " ").last!) }))
  }

  /// The fields of a metadata blob, if every one is right and the bytes are canonical.
  private func metadata(_ bytes: [UInt8]) -> JSON? {
    guard let json = JSON(bytes), Array((json.text + "\n").utf8) == bytes, json["v"] == .number("1"),
      let ctype = json["ctype"]?.string, (1...255).contains(ctype.utf8.count),
      ctype.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
      let etag = json["etag"]?.string?.split(separator: ":", omittingEmptySubsequences: false), etag.count == 2,
      ["blake3": 64, "blake2b": 128][etag[0]] == etag[1].utf8.count,
      etag[1].utf8.allSatisfy(Alphabet.hex.contains),
      let author = json["created_by"]?.string, (1...256).contains(author.utf8.count),
      !author.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }),
      let created = json["created_at"]?.string, Self.isInstant(created)
    else { return nil }
    var names = ["created_at", "created_by", "ctype", "etag", "v"]
    if let ttl = json["ttl"] {
      guard let text = ttl.string, Self.isInstant(text), created < text else { return nil }
      names = (names + ["ttl"]).sorted()
    }
    return json.keys == names ? json : nil
  }

  static func isInstant(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let shape = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    guard bytes.count == shape.count,
      zip(bytes, shape).allSatisfy({ $1 == UInt8(ascii: "d") ? (48...57).contains($0) : $0 == $1 })
    else { return false }
    let n = text.split { !$0.isNumber }.map { Int($0)! }
    let leap = n[0] % 4 == 0 && (n[0] % 100 != 0 || n[0] % 400 == 0)
    let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(n[1]) && (1...days[n[1] - 1]).contains(n[2]) && n[3] < 24 && n[4] < 60 && n[5] < 60
  }
}
