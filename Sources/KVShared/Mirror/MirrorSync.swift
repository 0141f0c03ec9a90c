/// Brings a mirror together with its Stargate again, as an operator says.
public struct MirrorSync {
  let station: Station
  let remote: MirrorRemote
  let policy: StargatePolicy
  let leader: Leader
  private let refs: MirrorRefs
  private let held: [String: ObjectID?]
  public let plan: SyncPlan

  /// Looks at the mirror and makes the plan; nothing changes.
  /// Throws `.notLeader` on a host that does not lead, `.io` where the mirror does not answer.
  /// - Parameter namespace: nil for all.
  public init(
    _ station: Station, _ mode: SyncPlan.Mode, only namespace: Namespace?
  ) throws(Rejection) {
    self.station = station
    guard let remote = try MirrorRemote(station.config) else {
      throw .io("this Stargate has no mirror", hint: "install.sh --repo PATH --mirror URL")
    }
    self.remote = remote
    policy = try PolicyFile.load(repository: station.repository)?.stargate ?? StargatePolicy()
    guard let leader = try Leader.read(in: station.repository), leader.isHere else {
      throw .notLeader("this host does not lead, so nothing is mirrored from here")
    }
    self.leader = leader
    try MirrorMemory(station).begin(with: remote, last: try? Journal.read(repository: station.repository).mirror)
    let refs = try MirrorRefs.settled(station)
    let found: [String: ObjectID?]
    do throws(MirrorFault) {
      let look = try MirrorLook(station, remote, refs, showroom: policy.mirror.showroom)
      found = look.found
      if let term = found[TermRef.name] ?? nil {
        try TermRef(station: station, leader: leader).fetch(term, from: remote)
        try TermRef(station: station, leader: leader).check(term)
      }
    } catch {
      throw Self.rejection(error)
    }
    self.refs = refs
    held = found
    let due = refs.due(showroom: policy.mirror.showroom)
    let history = MirrorHistory(station, refs)
    var wanted: [(ref: String, action: SyncPlan.Action, old: ObjectID?, new: ObjectID?)] = []
    for (name, old) in found where name != TermRef.name {
      if let namespace, MirrorRefs.namespace(of: name) != namespace { continue }
      guard let new = due[name] else {
        if let old, case .kv = RefName(name) { wanted.append((name, .delete, old, nil)) }
        continue
      }
      guard old != new else { continue }
      if name.hasPrefix("refs/kv-mirror/") {
        wanted.append((name, .watermark, old, new))
      } else if let old {
        wanted.append((name, try history.keeps(old, of: name, in: new) ? .forward : .overwrite, old, new))
      } else {
        wanted.append((name, .create, nil, new))
      }
    }
    plan = SyncPlan(mode, wanted)
  }

  /// What an admin has to sign before `run`.
  public func challenge() -> AdminChallenge {
    AdminChallenge(
      mode: plan.mode.rawValue, repository: station.repository, mirror: remote.shownURL, plan: plan.due.map(\.words))
  }

  /// Carries the plan out, under leases on what was seen when it was made.
  /// Throws `.policy` without the signature of an admin where commits would be lost, `.syncRefused` where the mirror has
  /// changed meanwhile, `.io` where it cannot be reached or refuses.
  /// - Parameter signature: of the challenge.
  public func run(_ challenge: AdminChallenge?, signature: [UInt8]?) throws(Rejection) {
    if plan.needsAdmin {
      guard let challenge, let signature else {
        throw .policy("overwriting the mirror is for admins", hint: "sign the challenge")
      }
      try challenge.check(signature, admins: policy.admins)
    }
    guard !plan.due.isEmpty else { return }
    let known = held[TermRef.name] ?? nil
    let term = try TermRef(station: station, leader: leader).next(after: known)
    var updates = [MirrorUpdate(name: TermRef.name, new: term, old: known)]
    updates += plan.due.map {
      MirrorUpdate(name: $0.ref, new: $0.new.flatMap { ObjectID($0) }, old: $0.old.flatMap { ObjectID($0) })
    }
    do throws(MirrorFault) {
      try push(updates)
    } catch {
      throw Self.rejection(error)
    }
    try note(updates)
  }

  private func push(_ updates: [MirrorUpdate]) throws(MirrorFault) {
    var outcome = try MirrorPush(station: station, remote: remote, isAtomic: policy.mirror.atomic != .never).run(
      updates)
    if case .notAtomic = outcome, policy.mirror.atomic == .auto {
      outcome = try MirrorPush(station: station, remote: remote, isAtomic: false).run(updates)
    }
    switch outcome {
    case .done: return
    case .stale(let reason): throw MirrorFault(.drift, "the mirror has changed since the plan was made: \(reason)")
    case .notAtomic: throw MirrorFault(.refused, "the mirror takes no atomic pushes, and the policy asks for them")
    }
  }

  /// Notes what the mirror holds now, and in the journal that it is as it should be, if it is.
  private func note(_ updates: [MirrorUpdate]) throws(Rejection) {
    let names = updates.map { ($0.name, $0.new) }
    try MirrorMemory(station).keep(Dictionary(uniqueKeysWithValues: names), known: refs)
    let last = (try? Journal.read(repository: station.repository).mirror) ?? MirrorState()
    var state = last
    let now = Clock.milliseconds()
    state.noteContact(at: now)
    state.pushed = now
    state.url = remote.shownURL
    if !plan.parted.isEmpty { state.keepDrift(of: last) }
    try Journal(repository: station.repository).append(state)
  }

  private static func rejection(_ fault: MirrorFault) -> Rejection {
    switch fault.kind {
    case .deposed: .notLeader(fault.message)
    case .drift: .syncRefused(fault.message, hint: "look again; nothing has been changed")
    case .unreachable, .credentials, .refused: .io(fault.message, hint: "nothing has been changed")
    }
  }
}
