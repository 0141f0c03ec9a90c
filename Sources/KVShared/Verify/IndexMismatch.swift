/// Finds the words for a pointer that is not what the ledger demands.
struct IndexMismatch {
  let reader: ObjectReader
  let namespace: Namespace
  let tree: ObjectID

  /// Throws `.attestation` unless the index holds exactly the expected pointer blob for the key.
  func check(_ key: Key, _ expected: ObjectID, _ pointer: Pointer?) throws(Rejection) {
    let name = key.description.quoted
    guard let found = try IndexTree.lookup(key, in: tree, namespace: namespace, reader: reader) else {
      throw .attestation("the index has no pointer for \(name) where it belongs")
    }
    guard found != expected else { return }
    guard let size = try reader.read([.info(found.hex)])[0]?.size, size <= Pointer.maxBytes,
      let reply = try reader.read([.contents(found.hex)])[0], let pointer,
      let said = CanonicalJSON.decode(Pointer.self, reply.bytes)
    else { throw .attestation("the pointer of \(name) is not canonical JSON of its kind") }
    let fields: [(String, String, String)] = [
      ("key", said.key, pointer.key), ("type", said.type.rawValue, pointer.type.rawValue),
      ("ledger_blob", said.ledgerBlob ?? "null", pointer.ledgerBlob ?? "null"),
      ("manifest_blob", said.manifestBlob ?? "null", pointer.manifestBlob ?? "null"),
      ("size", String(said.size), String(pointer.size)), ("ctype", said.ctype ?? "none", pointer.ctype ?? "none"),
      ("ttl", said.ttl ?? "none", pointer.ttl ?? "none"), ("etag", said.etag ?? "none", pointer.etag ?? "none"),
    ]
    let wrong = fields.first { $0.1 != $0.2 } ?? ("v", String(said.v), String(pointer.v))
    throw .attestation("the pointer of \(name) says \(wrong.0) \(wrong.1.quoted), the ledger says \(wrong.2.quoted)")
  }
}
