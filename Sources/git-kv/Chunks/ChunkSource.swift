import KVShared

/// Where chunks that are not here come from.
struct ChunkSource {
  let home: ChunkHome
  let transport: Transport?
  /// In the order in which they are asked; none where nobody is to be asked.
  let urls: [String]
  let showsProgress: Bool

  /// What to do about chunks that are missing or damaged here.
  var hints: ChunkStream.Hints {
    var hints = ChunkStream.Hints()
    hints.missing =
      urls.isEmpty && transport != nil
      ? "read it without --offline" : "nobody who was asked has it: was it ever pushed?"
    hints.damaged =
      home.folder.map { "if nothing is pending, remove \($0): what is needed is fetched again" }
      ?? "run 'git fsck', and bring the object back from another copy"
    return hints
  }

  /// Which of some blobs are not here.
  func missing(_ blobs: [ObjectID]) throws(Rejection) -> [ObjectID] {
    var missing: [ObjectID] = []
    var seen: Set<ObjectID> = []
    try home.reader().read(blobs.map { .info($0.hex) }) { at, reply in
      if reply == nil, seen.insert(blobs[at]).inserted { missing.append(blobs[at]) }
    }
    return missing
  }

  /// Fetches those of some blobs that are not here, all at once. Where nobody is to be asked, nothing happens; nor for no
  /// blobs, so that a write without chunks opens no place for them.
  func bring(_ blobs: [ObjectID]) throws(Rejection) {
    guard let transport, !urls.isEmpty, !blobs.isEmpty else { return }
    let missing = try missing(blobs)
    guard !missing.isEmpty else { return }
    try ChunkTransport(transport: transport, home: home).fetch(missing, from: urls, progress: showsProgress)
  }
}
