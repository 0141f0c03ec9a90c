import KVShared

/// One event and where it stands.
struct WatchEntry {
  let event: WatchEvent
  /// The commit of the watchlog; nil for an event that was derived from the ledger here.
  let commit: ObjectID?
}

/// A place in the feed.
struct WatchPosition {
  /// The commit of the watchlog; where there is none, that of the ledger.
  let commit: ObjectID
  /// The ledger commit, the same in every copy of the feed.
  let ledger: ObjectID
}

/// The events of a namespace across its epochs, oldest first.
struct WatchFeed {
  let clone: Clone
  let namespace: Namespace
  let view: View

  /// Events that are read and handed over at once.
  private static let wave = 200

  /// The logs of the epochs, oldest first: a log's tip, or where there is none the ledger itself.
  private enum Log {
    case log(ObjectID)
    case ledger(ObjectID)

    var tip: ObjectID {
      switch self {
      case .log(let id), .ledger(let id): id
      }
    }
  }

  /// Hands over what comes after a position, and moves it; returns false where the sink wants no more.
  /// Throws `.io` where the position is not in the feed any more, and what the sink throws.
  func read(after position: inout WatchPosition?, into sink: WatchSink) throws(Rejection) -> Bool {
    var isFound = position == nil
    for log in try logs() {
      var all: [WatchPosition]
      if isFound {
        all = try commits(of: log)
      } else if let position, try isAncestor(position.commit, of: log.tip) {
        isFound = true
        all = try commits(of: log, after: position.commit)
      } else {
        // Another copy of the log, or one that was written anew: the ledger commit is the same.
        all = try commits(of: log)
        guard let at = all.lastIndex(where: { $0.ledger == position?.ledger }) else { continue }
        isFound = true
        all.removeFirst(at + 1)
      }
      while !all.isEmpty {
        let some = all.prefix(Self.wave)
        all.removeFirst(some.count)
        for (place, event) in zip(some, try events(some, log)) {
          let commit = if case .log = log { place.commit as ObjectID? } else { nil as ObjectID? }
          guard try sink.take(WatchEntry(event: event, commit: commit), after: position?.ledger) else { return false }
          position = place
        }
      }
    }
    if !isFound, let position { throw try notThere(position.ledger.hex) }
    return true
  }

  private func isAncestor(_ old: ObjectID, of new: ObjectID) throws(Rejection) -> Bool {
    try Ancestry(git: clone.git, reader: clone.reader).isAncestor(old, of: new)
  }

  /// The position that a ledger or watchlog commit stands for.
  /// Throws `.io` that names the oldest event where it is not in the feed, `.usage` for what names no commit.
  func position(of text: String) throws(Rejection) -> WatchPosition {
    let answer =
      text.hasPrefix("-") ? "" : try clone.git.run(["rev-parse", "--verify", "--quiet", "\(text)^{commit}"]).text
    guard let id = ObjectID(answer) ?? ObjectID(text.lowercased()), id.format == clone.format else {
      throw .usage("\(text.quoted) names no commit here", hint: "give all \(clone.format.hexCount) digits")
    }
    for log in try logs() {
      let all = try commits(of: log)
      if let place = all.last(where: { $0.ledger == id || $0.commit == id }) { return place }
    }
    throw try notThere(text)
  }

  private func notThere(_ text: String) throws(Rejection) -> Rejection {
    for log in try logs() {
      guard let first = try commits(of: log).first else { continue }
      return .io(
        "\(text.quoted) is not in the watchlog of \(namespace.name.quoted)",
        hint: "the oldest event is that of \(first.ledger): resume with '--since \(first.ledger)', or without --since")
    }
    return .io("\(text.quoted) is not in the watchlog of \(namespace.name.quoted), which is empty")
  }

  private func logs() throws(Rejection) -> [Log] {
    let prefix = view == .working ? "refs/" : "refs/kv-tracking/\(view.rawValue)/"
    let listing = try clone.git.run([
      "for-each-ref", "--format=%(objectname) %(refname)", "\(prefix)kv-watchlog/",
    ]).check("git for-each-ref")
    var tips: [EpochLabel: ObjectID] = [:]
    for line in listing.text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let id = ObjectID(String(parts[0])),
        case .kv(.watchlog(namespace, let epoch)) = RefName("refs/" + parts[1].dropFirst(prefix.count))
      else { continue }
      tips[epoch] = id
    }
    if tips.isEmpty, view == .working {
      return try RefStore(clone: clone, namespace: namespace).ledger(.working).map { [.ledger($0.id)] } ?? []
    }
    let order = try epochs()
    func rank(_ epoch: EpochLabel) -> Int { order.firstIndex(of: epoch) ?? order.count }
    return tips.sorted { (rank($0.key), $0.key.name) < (rank($1.key), $1.key.name) }.map { .log($0.value) }
  }

  /// The labels of the epoch chain, oldest first.
  private func epochs() throws(Rejection) -> [EpochLabel] {
    guard let reply = try clone.reader.read([.info(view.name(of: .epoch(namespace)))])[0] else { return [] }
    let listing = try clone.git.run(["rev-list", "--reverse", reply.id.hex]).check("git rev-list")
    return try listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }.map { (id) throws(Rejection) in
      try EpochTrailers(try clone.reader.commit(id)).epoch
    }
  }

  /// The commits of a log, oldest first, with what they tell of: the trailers are enough, blobs are not read.
  /// - Parameter last: a commit of it that is not wanted any more, nor what comes before.
  private func commits(of log: Log, after last: ObjectID? = nil) throws(Rejection) -> [WatchPosition] {
    let range = [log.tip.hex] + (last.map { ["^\($0)"] } ?? [])
    let listing = try clone.git.run(["rev-list", "--reverse"] + range).check("git rev-list")
    let ids = listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }
    guard case .log = log else { return ids.map { WatchPosition(commit: $0, ledger: $0) } }
    var positions: [WatchPosition] = []
    positions.reserveCapacity(ids.count)
    var failure: Rejection?
    try clone.reader.read(ids.map { .contents($0.hex) }) { at, reply in
      do throws(Rejection) {
        guard let reply else { throw .io("a commit of the watchlog is missing here: \(ids[at])") }
        positions.append(
          WatchPosition(commit: ids[at], ledger: try WatchTrailers(try ObjectReader.commit(reply)).ledger))
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return positions
  }

  private func events(_ some: ArraySlice<WatchPosition>, _ log: Log) throws(Rejection) -> [WatchEvent] {
    if case .ledger = log {
      return try some.map { (place) throws(Rejection) in
        let commit = try clone.reader.commit(place.ledger)
        return try WatchEvent(commit, try LedgerTrailers(commit), reader: clone.reader)
      }
    }
    let name = String(decoding: WatchEvent.fileName, as: UTF8.self)
    let replies = try clone.reader.read(some.map { .contents("\($0.commit):\(name)") })
    return try zip(some, replies).map { (place, reply) throws(Rejection) in
      guard let reply, let event = CanonicalJSON.decode(WatchEvent.self, reply.bytes), event.oid == place.ledger.hex
      else { throw .attestation("commit \(place.commit) of the watchlog has no event") }
      return event
    }
  }
}
