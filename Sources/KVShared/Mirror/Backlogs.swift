/// Measures what a mirror lacks, from the refs that remember it.
struct Backlogs {
  let station: Station
  let refs: MirrorRefs
  let records: [JournalRecord]

  func watermark(_ namespace: Namespace) -> ObjectID? { refs.known[KVRef.mirror(namespace).description] }

  /// Transactions between the watermark and the ledger.
  func transactions(_ namespace: Namespace) throws(Rejection) -> Int {
    guard let ledger = refs.ledger(namespace), ledger != watermark(namespace) else { return 0 }
    return try station.git.run(["rev-list", "--count"] + range(namespace)).check("git rev-list").count
  }

  /// Bytes of the objects that some namespaces would send, as they are stored here.
  func bytes(_ namespaces: [Namespace]) throws(Rejection) -> Int {
    guard !namespaces.isEmpty else { return 0 }
    var tips: [String] = []
    for (ref, id) in refs.here where namespaces.contains(ref.namespace) && refs.known[ref.description] != id {
      tips.append(id.hex)
      if let old = refs.known[ref.description] { tips.append("^\(old)") }
    }
    let lines = Array(tips.map { $0 + "\n" }.joined().utf8)
    return try station.git.run(["rev-list", "--objects", "--disk-usage", "--stdin"], input: lines).check("git rev-list")
      .count
  }

  /// Seconds since the oldest transaction that the mirror lacks was accepted: by the journal, or where that does not
  /// know, made.
  func age(_ namespaces: [Namespace]) throws(Rejection) -> Int? {
    var oldest: Int?
    for ns in namespaces {
      let name = KVRef.ledger(ns).description
      let old = watermark(ns)?.hex
      let noted = records.first { $0.ref == name && $0.old == old }?.milliseconds
      var seconds = noted.map { $0 / 1000 }
      if seconds == nil { seconds = try firstCommitted(ns) }
      oldest = [oldest, seconds].compactMap { $0 }.min()
    }
    return oldest.map { max(0, Clock.milliseconds() / 1000 - $0) }
  }

  private func firstCommitted(_ namespace: Namespace) throws(Rejection) -> Int? {
    let listing = try station.git.run(["rev-list", "--reverse"] + range(namespace)).check("git rev-list").text
    guard let first = listing.split(separator: "\n").first.flatMap({ ObjectID(String($0)) }) else { return nil }
    return Int(try station.reader.commit(first).committerSeconds)
  }

  private func range(_ namespace: Namespace) -> [String] {
    [refs.ledger(namespace)?.hex].compactMap { $0 } + (watermark(namespace).map { ["^\($0)"] } ?? [])
  }
}
