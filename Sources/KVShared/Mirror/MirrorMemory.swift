/// The refs in which a Stargate remembers what its mirror holds, and the watermarks it shows to its own readers.
struct MirrorMemory {
  let station: Station

  init(_ station: Station) { self.station = station }

  /// Forgets another mirror: what that held says nothing of this one.
  /// - Returns: what is known of this one.
  @discardableResult
  func begin(with remote: MirrorRemote, last state: MirrorState?) throws(Rejection) -> MirrorState {
    guard let state, let url = state.url, url != remote.shownURL else { return state ?? MirrorState() }
    try station.update(
      try MirrorRefs(station).known.keys.map { (MirrorRefs.tracking + $0.dropFirst("refs/".count), nil) })
    return MirrorState()
  }

  /// Keeps what was found or pushed; nil for a ref that is not there.
  /// - Parameter known: what is remembered already.
  func keep(_ names: [String: ObjectID?], known refs: MirrorRefs) throws(Rejection) {
    var moves: [(name: String, new: ObjectID?)] = []
    for (name, id) in names {
      if refs.known[name] != id { moves.append((MirrorRefs.tracking + name.dropFirst("refs/".count), id)) }
      if name.hasPrefix(MirrorRefs.watermarks), let id, refs.marks[name] != id { moves.append((name, id)) }
    }
    try station.update(moves)
  }
}
