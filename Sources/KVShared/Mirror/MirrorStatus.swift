/// What an operator wants to know of a Stargate and its mirror.
///
/// Everything comes from refs, journal and leader file; the mirror is not asked, so that this answers also when that is
/// what is wrong, and to whoever may read the repository.
public struct MirrorStatus: Codable, Sendable {
  public struct Role: Codable, Sendable {
    /// `leader` or `standby`.
    public let role: String
    public let host: String
    /// Who leads, and in which term; nil where no leader file says.
    public let leader: String?
    public let term: Int?
  }

  public struct Mirror: Codable, Sendable {
    public let remote: String
    public let url: String
    /// `ok`, `behind`, `unknown`, or the fault: `unreachable`, `credentials`, `refused`, `drift`, `deposed`.
    public let state: String
    public let atomic: Bool?
    /// RFC 3339: when it last answered, and when it last took a push.
    public let contact: String?
    public let pushed: String?
    /// Milliseconds from acceptance to the mirror, of the oldest transaction of the last push.
    public let lag: Int?
    public let error: String?
    public let failures: Int
    /// RFC 3339: when the failures began, and when the next attempt is due.
    public let since: String?
    public let next: String?
    public let drift: [String]

    enum CodingKeys: String, CodingKey {
      case remote, url, state, atomic, contact, pushed, error, failures, since, next, drift
      case lag = "lag_ms"
    }
  }

  public struct Backlog: Codable, Sendable {
    public let transactions: Int
    /// Bytes that the missing objects take here.
    public let bytes: Int
    /// Seconds since the oldest transaction that is not on the mirror was accepted; nil where all are.
    public let age: Int?
  }

  public struct Journal: Codable, Sendable {
    public let records: Int
    public let bytes: Int
    /// Line numbers of what is no record with a right checksum.
    public let corrupt: [Int]
    /// Why it cannot be read; nil where it can.
    public let error: String?
  }

  public struct Space: Codable, Sendable {
    public let ns: String
    public let ledger: String
    /// What the mirror is known to show.
    public let watermark: String?
    public let epoch: String?
    /// Transactions that the mirror does not show.
    public let behind: Int
    /// Events that the watchlog lacks; nil where it tells of another history.
    public let unlogged: Int?
    /// How much of a transaction the policy has proved; nil where it does not know the namespace.
    public let verify: String?
  }

  public let role: Role
  /// nil where there is no mirror.
  public let mirror: Mirror?
  public let backlog: Backlog
  public let journal: Journal
  public let namespaces: [Space]
  /// What is wrong with the policy; nil where it is understood.
  public let policy: String?
}

extension MirrorStatus {
  /// Reads it. Throws `.io` where the repository cannot be read.
  /// - Parameter name: of the remote, where it is not the configured one.
  public init(_ station: Station, remote name: String? = nil) throws(Rejection) {
    let refs = try MirrorRefs(station)
    let leader = try Leader.read(in: station.repository)
    role = Role(
      role: leader?.isHere == true ? "leader" : "standby", host: Leader.hostName(), leader: leader?.host,
      term: leader?.term)
    let read = Result { () throws(Rejection) in try KVShared.Journal.read(repository: station.repository) }
    let content = (try? read.get()) ?? KVShared.Journal.Content()
    let parsed = Result { () throws(Rejection) in try PolicyFile.load(repository: station.repository) }
    let rules = (try? parsed.get()).flatMap { $0 }
    policy = Self.message(of: parsed.map { _ in })
    journal = Journal(
      records: content.records.count, bytes: content.size, corrupt: content.corruptLines,
      error: Self.message(of: read.map { _ in }))
    let remote = try MirrorRemote(station.config, name: name)
    let measure = Backlogs(station: station, refs: refs, records: content.records)
    var spaces: [Space] = []
    var pending: [Namespace] = []
    for ns in refs.namespaces.sorted(by: { $0.name < $1.name }) {
      guard let ledger = refs.ledger(ns) else { continue }
      let epoch = try? LedgerTrailers(try station.reader.commit(ledger)).epoch
      let behind = remote == nil ? 0 : try measure.transactions(ns)
      if behind > 0 { pending.append(ns) }
      spaces.append(
        Space(
          ns: ns.name, ledger: ledger.hex, watermark: measure.watermark(ns)?.hex, epoch: epoch?.name, behind: behind,
          unlogged: try epoch.flatMap { (epoch) throws(Rejection) in
            try Watchlog(station).lag(at: refs.here[.watchlog(ns, epoch)], behind: ledger)
          },
          verify: rules?.namespaces[ns]?.verify.rawValue))
    }
    namespaces = spaces
    backlog = Backlog(
      transactions: spaces.reduce(0) { $0 + $1.behind }, bytes: try measure.bytes(pending),
      age: try measure.age(pending))
    mirror = remote.map { Mirror($0, content.mirror, isBehind: !pending.isEmpty) }
  }

  private static func message(of result: Result<Void, Rejection>) -> String? {
    if case .failure(let rejection) = result { rejection.message } else { nil }
  }
}

extension MirrorStatus.Mirror {
  init(_ remote: MirrorRemote, _ last: MirrorState?, isBehind: Bool) {
    func instant(_ milliseconds: Int?) -> String? {
      milliseconds.map { Timestamp(seconds: Int64($0 / 1000)).description }
    }
    self.remote = remote.name
    url = remote.shownURL
    state = last?.fault?.rawValue ?? (last?.contact == nil ? "unknown" : isBehind ? "behind" : "ok")
    atomic = last?.atomic
    contact = instant(last?.contact)
    pushed = instant(last?.pushed)
    lag = last?.lag
    error = last?.error
    failures = last?.failures ?? 0
    since = instant(last?.since)
    next = instant(last?.next)
    drift = last?.drift ?? []
  }
}
