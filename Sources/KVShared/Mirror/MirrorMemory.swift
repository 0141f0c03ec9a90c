/// The refs in which a Stargate remembers what its mirror holds, and the watermarks it shows to its own readers.
struct MirrorMemory {
  let station: Station

  init(_ station: Station) { self.station = station }

  /// Keeps what was found or pushed; nil for a ref that is not there.
  /// - Parameter known: what is remembered already.
  func keep(_ names: [String: ObjectID?], known refs: MirrorRefs) throws(Rejection) {
    var moves: [(name: String, new: ObjectID?)] = []
    for (name, id) in names where refs.known[name] != id {
      moves.append((MirrorRefs.tracking + name.dropFirst("refs/".count), id))
      if name.hasPrefix("refs/kv-mirror/"), let id { moves.append((name, id)) }
    }
    try station.update(moves)
  }
}
