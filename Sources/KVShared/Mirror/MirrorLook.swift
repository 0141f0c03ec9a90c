/// What the mirror holds now, held against what it should.
public struct MirrorLook: Sendable {
  /// A ref in which mirror and Stargate have parted.
  public struct Drift: Equatable, Sendable {
    public enum Kind: String, Sendable {
      /// It was there and is gone.
      case missing
      /// It holds a commit that is not here, or not in this history.
      case foreign
      /// It holds less than it held.
      case rewound
      /// The Stargate holds less than it has shown.
      case ahead
      /// It is there, and the Stargate has no such ref.
      case extra
    }

    public let name: String
    public let kind: Kind
    /// What the mirror holds.
    public let there: ObjectID?

    public var words: String {
      switch kind {
      case .missing: "\(name) is missing on the mirror"
      case .foreign: "\(name) of the mirror is \(there?.hex ?? "-"), which is not of this Stargate's making"
      case .rewound: "\(name) of the mirror was moved back to \(there?.hex ?? "-")"
      case .ahead: "\(name) was moved back here: the mirror has \(there?.hex ?? "-")"
      case .extra: "\(name) is on the mirror and not here"
      }
    }
  }

  /// The names looked at, and what they hold; nil for what is not there.
  public let found: [String: ObjectID?]
  /// What is as it was, or as it should be, or on the way from one to the other.
  public let sound: [String: ObjectID?]
  public let drift: [Drift]

  /// Whether the term is none: every push moves it, so nothing is pushed until somebody has looked into it.
  public var hasForeignTerm: Bool { drift.contains { $0.name == TermRef.name } }

  /// Namespaces that nothing is pushed of until somebody has looked into it.
  public var held: Set<Namespace> {
    Set(drift.filter { $0.kind != .extra }.compactMap { MirrorRefs.namespace(of: $0.name) })
  }

  /// Drift as a fault, in one line; nil where there is none.
  static func fault(_ drift: [Drift]) -> MirrorFault? {
    guard let first = drift.first else { return nil }
    return MirrorFault(.drift, first.words + (drift.count > 1 ? ", and \(drift.count - 1) more" : ""))
  }

  private static let patterns =
    MirrorRefs.kinds.map { "refs/\($0)/*" } + [
      "refs/kv-mirror/*", "refs/heads/kv/*", TermRef.name,
    ]

  /// Asks the mirror. Throws `MirrorFault` where it does not answer, or follows another leader.
  init(
    _ station: Station, _ remote: MirrorRemote, _ refs: MirrorRefs, _ term: TermRef, showroom: Bool
  ) throws(MirrorFault) {
    let there = try remote.refs(Self.patterns, remote.talking(station.git, station.config))
    let due = refs.due(showroom: showroom)
    var found: [String: ObjectID?] = [:]
    var sound: [String: ObjectID?] = [:]
    var drift: [Drift] = []
    for name in Set(due.keys).union(refs.known.keys).union(there.keys).sorted() where name != TermRef.name {
      let (now, known) = (there[name], refs.known[name])
      found.updateValue(now, forKey: name)
      guard let goal = due[name] else {
        // A branch of that name may be anybody's.
        if now != nil, case .kv = RefName(name) { drift.append(Drift(name: name, kind: .extra, there: now)) }
        continue
      }
      guard now != goal, now != nil || known != nil else {
        sound.updateValue(now, forKey: name)
        continue
      }
      if let kind = Self.kind(now, of: name, known: known, goal, MirrorHistory(station, refs)) {
        drift.append(Drift(name: name, kind: kind, there: now))
      } else {
        sound.updateValue(now, forKey: name)
      }
    }
    let now = there[TermRef.name]
    found.updateValue(now, forKey: TermRef.name)
    if let now, try !term.isTerm(now, from: remote) {
      drift.insert(Drift(name: TermRef.name, kind: .foreign, there: now), at: 0)
    } else {
      sound.updateValue(now, forKey: TermRef.name)
    }
    self.found = found
    self.sound = sound
    self.drift = drift
  }

  /// How a ref has parted; nil for one on the way from what it was known to hold to what it should.
  private static func kind(
    _ now: ObjectID?, of name: String, known: ObjectID?, _ goal: ObjectID, _ history: MirrorHistory
  ) -> Drift.Kind? {
    guard let now else { return .missing }
    // What is not here is in no history.
    guard (try? history.keeps(now, of: name, in: goal)) == true else { return now == known ? .ahead : .foreign }
    // What was known and is in no history of ours says nothing of what is there now.
    guard let known, known != now, (try? history.keeps(known, of: name, in: goal)) == true else { return nil }
    return (try? history.keeps(known, of: name, in: now)) == true ? nil : .rewound
  }
}

/// Whether what the mirror holds stays reachable there once a ref has moved.
struct MirrorHistory {
  let station: Station
  let refs: MirrorRefs

  init(_ station: Station, _ refs: MirrorRefs) {
    self.station = station
    self.refs = refs
  }

  /// Whether a commit is in the history of another, or in the bundle that it tells of, or in the history of a sealed
  /// epoch: of a ledger its archive tells.
  func keeps(_ old: ObjectID, of name: String, in new: ObjectID) throws(Rejection) -> Bool {
    guard try station.reader.read([.info(old.hex)])[0]?.kind == .commit else { return false }
    if try isAncestor(old, of: new) { return true }
    if let record = try BundleRecord.read(new, station.reader) { return record.replaces(old) }
    guard let ns = MirrorRefs.namespace(of: name) else { return false }
    if name == KVRef.index(ns).description { return try isOfSealedEpoch(index: old, ns) }
    for (ref, head) in refs.here {
      if case .archive(ns, _) = ref, try isAncestor(old, of: head) { return true }
    }
    return false
  }

  /// Whether an index commit follows the first one of an epoch before the current one; no ref keeps that index.
  private func isOfSealedEpoch(index: ObjectID, _ ns: Namespace) throws(Rejection) -> Bool {
    guard let tip = refs.here[.epoch(ns)] else { return false }
    let roots = try station.git.run(["rev-list", "--max-parents=0", index.hex]).check("git rev-list").text
    for link in try station.reader.epochChain(tip).dropFirst() {
      if try EpochRecord(of: link, station.reader)?.root.index == roots { return true }
    }
    return false
  }

  /// The same as `Ancestry` says, and false for what is no history of commits.
  private func isAncestor(_ old: ObjectID, of new: ObjectID) throws(Rejection) -> Bool {
    do throws(Rejection) {
      return try station.ancestry.isAncestor(old, of: new)
    } catch {
      guard error.code == .attestation else { throw error }
      return false
    }
  }
}
