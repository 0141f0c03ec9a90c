import KVShared

/// A place in the feed.
struct WatchPlace {
  /// The commit of the watchlog; where events are derived, that of the ledger.
  let commit: ObjectID
  /// The ledger commit, which is the same in every copy of the feed.
  let ledger: ObjectID
}

/// One event and where it stands.
struct WatchEntry {
  let event: WatchEvent
  let place: WatchPlace
  let isDerived: Bool
}

/// The events of a namespace across its epochs, oldest first.
struct WatchFeed {
  let logs: EpochLogs

  private var clone: Clone { logs.clone }
  private var namespace: Namespace { logs.namespace }

  /// Events, and commits that are looked through, at once.
  private static let wave = 200

  /// Hands over what comes after a place, and moves it; returns false where the sink wants no more.
  /// Throws `.io` where the place is not in the feed any more, and what the sink throws.
  func read(after place: inout WatchPlace?, into sink: WatchSink) throws(Rejection) -> Bool {
    var all = try logs.oldestFirst()[...]
    var last: ObjectID?
    if let place {
      let start = try start(after: place, in: all)
      all = all[start.log...]
      last = start.commit
    }
    for log in all {
      var ids = try commits(of: log, after: last).reversed()[...]
      last = nil
      while !ids.isEmpty {
        let entries = try entries(ids.prefix(Self.wave), of: log)
        guard try sink.take(entries, after: place?.ledger) else { return false }
        place = entries.last?.place
        ids = ids.dropFirst(Self.wave)
      }
    }
    return true
  }

  /// Which log goes on after a place, and after which of its commits.
  private func start(
    after place: WatchPlace, in all: ArraySlice<EpochLog>
  ) throws(Rejection) -> (log: Int, commit: ObjectID) {
    let ancestry = Ancestry(git: clone.git, reader: clone.reader)
    for at in all.indices.reversed() {
      if try ancestry.isAncestor(place.commit, of: all[at].tip) { return (at, place.commit) }
    }
    // Another copy of the log, or one that was written anew: the ledger commit is the same.
    for at in all.indices.reversed() {
      let found = try search(all[at], forAll: false) { $0.ledger == place.ledger }
      if let found = found.first { return (at, found.commit) }
    }
    throw try absent(place.ledger.hex, place.ledger, all)
  }

  /// The place that a name of a ledger commit, or of one of the watchlog, stands for.
  /// Throws `.io` that names the oldest event where it is not in the feed, `.usage` for what names no commit.
  func place(of text: String) throws(Rejection) -> WatchPlace {
    let answer =
      text.hasPrefix("-") ? "" : try clone.git.run(["rev-parse", "--verify", "--quiet", "\(text)^{commit}"]).text
    let digits = text.lowercased()
    let id = ObjectID(answer) ?? ObjectID(digits)
    guard id.map({ $0.format == clone.format }) ?? Self.isShort(digits, clone.format) else {
      throw .usage("\(text.quoted) names no commit", hint: "give the id of a ledger commit, or of one of the watchlog")
    }
    let all = try logs.oldestFirst()[...]
    var found: [WatchPlace] = []
    for log in all.reversed() where found.isEmpty || id == nil {
      found += try search(log, forAll: id == nil) { place in
        if let id { return place.ledger == id || place.commit == id }
        return place.ledger.hex.hasPrefix(digits) || place.commit.hex.hasPrefix(digits)
      }
    }
    guard found.count <= 1 else { throw .usage("\(text.quoted) is short for \(found.count) events") }
    guard let place = found.first else { throw try absent(text, id, all) }
    return place
  }

  /// Whether a text may be the beginning of an id, as the lines of a watch show it.
  private static func isShort(_ digits: String, _ format: ObjectFormat) -> Bool {
    (4..<format.hexCount).contains(digits.utf8.count) && digits.utf8.allSatisfy("0123456789abcdef".utf8.contains)
  }

  private func absent(_ text: String, _ id: ObjectID?, _ all: ArraySlice<EpochLog>) throws(Rejection) -> Rejection {
    let words = "\(text.quoted) is not in the watchlog of \(namespace.name.quoted)"
    guard let (oldest, newest) = try ends(all) else { return .io(words + ", which is empty") }
    let ancestry = Ancestry(git: clone.git, reader: clone.reader)
    // What is no commit of ours is nobody's successor.
    let isLater = id.map { (try? ancestry.isAncestor(newest, of: $0)) ?? false } ?? false
    return .io(
      words + (isLater ? " yet" : ""),
      hint: "the oldest event is that of \(oldest), the newest that of \(newest): "
        + "resume with '--since \(oldest)', or without --since")
  }

  /// The ledger commits that the feed begins and ends with; nil for an empty one.
  private func ends(_ all: ArraySlice<EpochLog>) throws(Rejection) -> (ObjectID, ObjectID)? {
    guard let first = all.first, let last = all.last, let root = try commits(of: first).last else { return nil }
    return (try places([root], of: first)[0].ledger, try places([last.tip], of: last)[0].ledger)
  }

  /// The places of a log that are wanted, newest first: one, or all. Only commits are read.
  private func search(
    _ log: EpochLog, forAll: Bool, _ isWanted: (WatchPlace) -> Bool
  ) throws(Rejection) -> [WatchPlace] {
    var ids = try commits(of: log)[...]
    var found: [WatchPlace] = []
    while !ids.isEmpty, forAll || found.isEmpty {
      let some = try places(ids.prefix(Self.wave), of: log).filter(isWanted)
      found += forAll ? some[...] : some.prefix(1)
      ids = ids.dropFirst(Self.wave)
    }
    return found
  }

  /// The commits of a log, newest first.
  /// - Parameter last: a commit of it that is not wanted any more, nor what comes before.
  private func commits(of log: EpochLog, after last: ObjectID? = nil) throws(Rejection) -> [ObjectID] {
    // A tip that is no commit would list nothing.
    let range = ["\(log.tip)^{commit}"] + (last.map { ["^\($0)"] } ?? [])
    let listing = try clone.git.run(["rev-list"] + range + ["--"]).check("git rev-list")
    return listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }
  }
}
