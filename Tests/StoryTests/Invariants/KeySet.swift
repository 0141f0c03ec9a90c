/// The keys of one ledger tree with its index tree.
struct KeySet {
  /// The data or manifest blob and the meta blob of each key that is there.
  var live: [[UInt8]: [String]] = [:]
  /// The manifest of each key that is chunked.
  var manifests: [[UInt8]: String] = [:]
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
struct Entry {
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
      guard let (key, file) = ledgerKey(entry.path) else {
        say(at + "the ledger holds \(String(decoding: entry.path, as: UTF8.self))")
        continue
      }
      if file == .meta { meta[key] = entry.id }
      if file == .manifest { keys.manifests[key] = entry.id }
      if file != .meta, data.updateValue(entry.id, forKey: key) != nil {
        say(at + "\(Names.enc(key)) is both inline and chunked")
      }
    }
    try readManifests(keys.manifests.values, at)
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
      let manifest = keys.manifests[key]
      let ids = [pointer.id, meta[key] ?? "", data[key] ?? "", manifest ?? "", Names.enc(key)]
      if known.pointers.contains(ids) {
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
        let size = manifest == nil ? sizes[blob] : known.manifests[blob].map { "\($0.size)" }
        wanted = .object([
          "v": .number("1"), "key": .string(name), "type": .string(manifest == nil ? "inline" : "chunked"),
          "manifest_blob": manifest.map { .string($0) } ?? .null,
          "ledger_blob": manifest == nil ? .string(blob) : .null, "size": .number(size ?? "?"),
        ])
        if let said = known.manifests[manifest ?? ""], said.key != name || .string(said.etag) != fields["etag"] {
          say(at + "the manifest of \(Names.enc(key)) is of \(said.key) and \(said.etag)")
        }
        if etags { try checkETag(fields["etag"]?.string ?? "", blob, at + Names.enc(key)) }
        wanted = wanted.with(["ctype": fields["ctype"], "etag": fields["etag"]])
        if let ttl = fields["ttl"] { wanted = wanted.with(["ttl": ttl]) }
      }
      let actual = bytes[pointer.id]?.bytes ?? []
      if actual != Array((wanted.text + "\n").utf8) {
        say(at + "the pointer of \(Names.enc(key)) is \(String(decoding: actual, as: UTF8.self)), not \(wanted.text)")
      } else {
        known.pointers.insert(ids)
      }
    }
    return keys
  }

  /// The blobs of a tree; anything that is neither a plain blob nor a tree with something in it is reported.
  mutating func blobs(_ tree: String, _ at: String) throws -> [Entry] {
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

  private enum File: String, CaseIterable {
    case meta = ".meta"
    case manifest = ".manifest.json"
    case data = ""

    var folder: String { self == .meta ? "meta" : "data" }
  }

  private mutating func ledgerKey(_ path: [UInt8]) -> (key: [UInt8], file: File)? {
    let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
    let file = File.allCases.first { name.suffix($0.rawValue.utf8.count).elementsEqual($0.rawValue.utf8) } ?? .data
    guard let key = Names.dec(name.dropLast(file.rawValue.utf8.count)), legal(key) else { return nil }
    let shard = known.shards[key] ?? Names.shard(key)
    known.shards[key] = shard
    let right = "kv/\(ns)/\(file.folder)/\(shard)/" + String(decoding: name, as: UTF8.self)
    return Array(right.utf8) == path ? (key, file) : nil
  }

  private mutating func readManifests(_ ids: some Collection<String>, _ at: String) throws {
    let new = ids.filter { known.manifests[$0] == nil }
    let bytes = try repo.objects(Array(new))
    for id in new {
      known.manifests[id] = RawManifest(bytes[id]?.bytes ?? [], format)
      if known.manifests[id] == nil { say(at + "manifest \(id) is not as it should be") }
    }
  }

  private func legal(_ key: [UInt8]) -> Bool {
    (1...1024).contains(key.count) && String(validating: key, as: UTF8.self) != nil
      && key.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  }
}
