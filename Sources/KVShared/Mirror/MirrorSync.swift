/// Brings a mirror together with its Stargate again, as an operator says.
public struct MirrorSync {
  let station: Station
  let remote: MirrorRemote
  let policy: StargatePolicy
  private let term: TermRef
  private let refs: MirrorRefs
  private let held: [String: ObjectID?]
  public let plan: SyncPlan

  /// Catches up the watchlog, looks at the mirror and makes the plan; nothing changes there.
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
    term = TermRef(station: station, leader: leader)
    try MirrorMemory(station).begin(with: remote, last: try? Journal.read(repository: station.repository).mirror)
    var refs = try MirrorRefs.settled(station)
    // A log that cannot be written is the worker's to tell of.
    _ = try? Watchlog(station).catchUp(&refs)
    let look: MirrorLook
    do throws(MirrorFault) {
      look = try MirrorLook(station, remote, refs, term, showroom: policy.mirror.showroom)
    } catch {
      throw Self.rejection(error)
    }
    self.refs = refs
    let found = look.found
    held = found
    let due = refs.due(showroom: policy.mirror.showroom)
    let history = MirrorHistory(station, refs)
    var wanted: [(ref: String, action: SyncPlan.Action, old: ObjectID?, new: ObjectID?)] = []
    if look.hasForeignTerm {
      wanted.append((TermRef.name, .overwrite, found[TermRef.name] ?? nil, try term.next(after: nil)))
    }
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
    let updates = plan.due.map {
      MirrorUpdate(name: $0.ref, new: $0.new.flatMap { ObjectID($0) }, old: $0.old.flatMap { ObjectID($0) })
    }
    var known = held[TermRef.name] ?? nil
    var done: [MirrorUpdate] = []
    for var batch in MirrorUpdate.batches(updates) {
      if batch.allSatisfy({ $0.name != TermRef.name }) {
        batch.append(MirrorUpdate(name: TermRef.name, new: try term.next(after: known), old: known))
      }
      do throws(MirrorFault) {
        try push(batch)
      } catch {
        if !done.isEmpty { try note(done) }
        throw Self.rejection(error, isFirst: done.isEmpty)
      }
      known = batch.first { $0.name == TermRef.name }?.new
      done += batch
    }
    try note(done)
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

  /// Notes what the mirror holds now, and in the journal how it is after all.
  private func note(_ updates: [MirrorUpdate]) throws(Rejection) {
    let names = updates.map { ($0.name, $0.new) }
    try MirrorMemory(station).keep(Dictionary(names) { $1 }, known: refs)
    var state = (try? Journal.read(repository: station.repository).mirror) ?? MirrorState()
    let now = Clock.milliseconds()
    if !updates.isEmpty {
      state.noteContact(at: now)
      state.pushed = now
    }
    state.url = remote.shownURL
    let refs = try MirrorRefs(station)
    do throws(MirrorFault) {
      let look = try MirrorLook(station, remote, refs, term, showroom: policy.mirror.showroom)
      let isBehind = refs.due(showroom: policy.mirror.showroom).contains { refs.known[$0.key] != $0.value }
      state.note(look, isBehind: isBehind, at: now)
      state.next = nil
    } catch {
      state.note(error, at: now)
    }
    try Journal(repository: station.repository).append(state)
  }

  /// - Parameter isFirst: whether no part of the plan has been carried out before.
  private static func rejection(_ fault: MirrorFault, isFirst: Bool = true) -> Rejection {
    let what = isFirst ? "nothing has been changed" : "a part of the plan has been carried out"
    return switch fault.kind {
    case .deposed: .notLeader(fault.message)
    case .drift: .syncRefused(fault.message, hint: "look again; \(what)")
    case .unreachable, .credentials, .refused: .io(fault.message, hint: what)
    }
  }
}
