import Glibc

/// Puts sealed epochs into bundles and lets the repository go without them (retention).
///
/// The order makes a kill at any point harmless: the bundle is written, read back and on disk before the refs move, in
/// one ref transaction, to the commit that tells where it is; objects go later, by the worker's housekeeping.
public struct Compaction {
  /// Where bundles stand, below the journal's folder.
  static let folder = "bundles"
  /// Asks the housekeeping to let go of what no ref needs.
  static let marker = "\(Journal.directory)/prune"

  let station: Station
  private let refs: MirrorRefs
  private let policy: Policy
  private let mirror: MirrorRemote?
  public let plan: CompactionPlan

  /// Makes the plan; nothing changes. Throws `.notLeader` on a host that does not lead, `.policy` without a policy.
  public init(_ station: Station, only namespace: Namespace, _ label: EpochLabel?) throws(Rejection) {
    self.station = station
    guard let leader = try Leader.read(in: station.repository), leader.isHere else {
      throw .notLeader("this host does not lead, so nothing is compacted here")
    }
    guard let policy = try PolicyFile.load(repository: station.repository) else {
      throw .policy("this Stargate has no policy: \(PolicyFile.name) is missing", hint: "write one")
    }
    self.policy = policy
    mirror = try MirrorRemote(station.config)
    var refs = try MirrorRefs.settled(station)
    try Watchlog(station).catchUp(&refs)
    self.refs = refs
    plan = try CompactionPlan(station, refs, policy, only: namespace, label)
  }

  /// What an admin has to sign before `run`.
  public func challenge() -> AdminChallenge {
    AdminChallenge(
      mode: "compact", repository: station.repository, mirror: mirror?.shownURL ?? "-", plan: plan.items.map(\.words))
  }

  /// Carries the plan out. Throws `.policy` without the signature of an admin, `.io` for an epoch that the mirror has not
  /// shown yet; what is done by then stays done.
  /// - Parameter signature: of the challenge.
  public func run(
    _ challenge: AdminChallenge, signature: [UInt8], each: (BundleRecord) throws(Rejection) -> Void
  ) throws(Rejection) {
    try challenge.check(signature, admins: policy.stargate.admins)
    for item in plan.items {
      if mirror != nil, refs.known[item.ref.description] != item.head {
        throw .io(
          "epoch \(item.epoch.quoted) of \(item.ns.quoted) is not on the mirror yet",
          hint: "'git kv stargate status' says what holds it up")
      }
      try each(try move(item))
    }
  }

  private func move(_ item: CompactionPlan.Item) throws(Rejection) -> BundleRecord {
    let leader = try Leader.hold(in: station.repository)
    defer { _ = leader.raw }
    guard case .archive(let ns, let label) = item.ref else { throw .io("\(item.ref) is no archive") }
    let path = "\(station.repository)/\(Journal.directory)/\(Self.folder)/\(item.file)"
    var held: [(ref: KVRef, id: ObjectID)] = [(item.ref, item.head)]
    if let chunks = item.chunks { held.append((.chunks(ns, label), chunks)) }
    let gone = held
    if let log = refs.here[.watchlog(ns, label)] { held.append((.watchlog(ns, label), log)) }
    let (size, digest) = try EpochBundle(station: station, refs: held, path: path).write()
    let record = BundleRecord(
      namespace: ns, label: label, ledger: item.head, chunks: item.chunks, file: item.file, size: size, digest: digest)
    let note = try store(record)
    // Before the refs, so that no kill in between forgets it.
    try IO.replaceFile("\(station.repository)/\(Self.marker)", [])
    try station.update(gone.map { ($0.ref.description, note) })
    return record
  }

  /// Stores the commit that takes the place of the epoch.
  private func store(_ record: BundleRecord) throws(Rejection) -> ObjectID {
    let store = station.objectStore()
    let tree = try store.store(file: Array(BundleRecord.fileName.utf8), CanonicalJSON.encode(record))
    let message = TrailerBlock(
      text: "kv: epoch \(record.label) is in the bundle \(record.file)",
      trailers: [Trailer(name: "KV-NS", value: record.ns), Trailer(name: "Epoch", value: record.label)]
    ).message
    let id = try store.store(
      .commit, Commit.payload(tree: tree, parent: nil, byStargateAt: Timestamp.now().seconds, message: message))
    try store.flush()
    return id
  }
}
