/// The fence at the mirror: `refs/kv-term/leader`, a chain of commits whose tree is one `leader.json`, the leader file
/// of the host that pushed.
///
/// Every push to the mirror moves it, under lease on what the pusher last saw there. So whoever pushes after a later
/// leader has pushed is refused by the mirror itself, however long he has been asleep (fencing tokens: M. Kleppmann,
/// "How to do distributed locking", 2016).
struct TermRef {
  static let name = "refs/kv-term/leader"
  static let fileName = Array("leader.json".utf8)

  let station: Station
  let leader: Leader

  /// The commit that the next push moves the ref to.
  func next(after known: ObjectID?) throws(Rejection) -> ObjectID {
    let store = station.objectStore()
    let tree = try store.store(file: Self.fileName, Array(leader.line.utf8))
    let payload = Commit.payload(
      tree: tree, parent: known, byStargateAt: Timestamp.now().seconds,
      message: "kv: term \(leader.term) of \(leader.host)\n")
    let id = try store.store(.commit, payload)
    try store.flush()
    return id
  }

  /// Whether a term is this host's own and the current one.
  func isOurs(_ id: ObjectID) -> Bool { read(id) == leader }

  /// Judges what the ref on the mirror holds. Throws `.deposed` where the mirror has seen a later leader.
  /// - Returns: false for what is no term of a leader.
  func isTerm(_ found: ObjectID, from remote: MirrorRemote) throws(MirrorFault) -> Bool {
    try fetch(found, from: remote)
    return try check(found)
  }

  /// Brings what the ref on the mirror holds, if it is not here.
  private func fetch(_ found: ObjectID, from remote: MirrorRemote) throws(MirrorFault) {
    let answer: ChildResult
    do {
      guard try station.reader.read([.info(found.hex)])[0] == nil else { return }
      answer = try remote.talking(station.git, station.config).run([
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", remote.url, Self.name,
      ])
    } catch {
      throw MirrorFault(.unreachable, error.message)
    }
    guard answer.status == 0 else { throw MirrorFault(connecting: answer, to: remote) }
  }

  /// Throws `.deposed` where the mirror has seen a later leader, or another one of the same term.
  /// - Parameter found: what the ref there holds; its objects are here.
  /// - Returns: false for what is no term of a leader.
  @discardableResult
  func check(_ found: ObjectID) throws(MirrorFault) -> Bool {
    guard let other = read(found) else { return false }
    guard other.term > leader.term || (other.term == leader.term && other.host != leader.host) else { return true }
    throw MirrorFault(
      .deposed,
      "the mirror follows \(other.host.quoted) in term \(other.term), and this host has term \(leader.term)")
  }

  private func read(_ id: ObjectID) -> Leader? {
    let path = "\(id):\(String(decoding: Self.fileName, as: UTF8.self))"
    guard let reply = (try? station.reader.read([.contents(path)]))?[0], reply.kind == .blob else { return nil }
    return Leader(line: reply.bytes)
  }
}
