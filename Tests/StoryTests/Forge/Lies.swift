/// Where things stand in a plan's trees, and what a row puts there in their place.
extension Plan {
  func data(_ key: String) -> String { Names.data(forge.ns, Array(key.utf8)) }
  func manifest(_ key: String) -> String { Names.manifest(forge.ns, Array(key.utf8)) }
  func meta(_ key: String) -> String { Names.meta(forge.ns, Array(key.utf8)) }
  func ref(_ key: String) -> String {
    Names.index(forge.ns, after.entries.keys.map { Array($0.utf8) })[Array(key.utf8)] ?? ""
  }

  /// The chunks of a key that stays or was before.
  func chunks(of key: String) -> [Chunk] {
    ((after.entries[key] ?? nil) ?? (before.entries[key] ?? nil))?.chunks(forge.format) ?? []
  }
  func chunk(_ key: String, _ i: Int) -> String { Names.chunk(forge.ns, chunks(of: key)[i].digest) }

  /// Puts a pointer that is right but for some fields; nil takes a field out.
  mutating func lie(_ key: String, _ fields: [String: JSON?]) {
    let right = after.entries[key]!?.pointer(key, forge.format) ?? Value.tombstone(key)
    indexTree.put(ref(key), forge.json(right.with(fields)))
  }

  /// The same for the metadata.
  mutating func lieInMeta(_ key: String, _ fields: [String: JSON?]) {
    ledgerTree.put(meta(key), forge.json(after.entries[key]!!.meta.with(fields)))
  }

  /// The same for the manifest; the pointer names what is put there, and agrees about the size.
  mutating func lieInManifest(_ key: String, _ fields: [String: JSON?]) {
    let text = after.entries[key]!!.manifest(key, forge.format)!.with(fields).text + "\n"
    replaceManifest(key, Array(text.utf8), size: fields["total_size"] ?? nil)
  }

  /// The same for one entry of its list of chunks.
  mutating func lieInChunk(_ key: String, _ i: Int, _ fields: [String: JSON?]) {
    var list = chunks(of: key).enumerated().map { $1.json($0) }
    list[i] = list[i].with(fields)
    lieInManifest(key, ["chunks": .array(list)])
  }

  mutating func replaceManifest(_ key: String, _ bytes: [UInt8], size: JSON? = nil) {
    let id = forge.blob(bytes)
    ledgerTree.put(manifest(key), id)
    lie(key, ["manifest_blob": .string(id)].merging(size.map { ["size": $0] } ?? [:]) { $1 })
  }
}

extension JSON {
  /// This object with some members put in, changed or (nil) left out.
  func with(_ changes: [String: JSON?]) -> JSON {
    guard case .object(var fields) = self else { return self }
    for (name, value) in changes { fields[name] = value }
    return .object(fields)
  }
}
