/// The worker's dealings with the mirror in one run: looks and pushes, and what is noted of them.
struct MirrorPass {
  private let worker: MirrorWorker
  private let remote: MirrorRemote
  private let term: TermRef
  private let rate: PushRate
  private(set) var state: MirrorState
  /// Whether the mirror follows another leader, or holds what is no term of one: nothing more is pushed in this run.
  private(set) var isFenced = false
  /// Namespaces in which mirror and Stargate have parted.
  private var held: Set<Namespace> = []

  private var station: Station { worker.station }
  private var showroom: Bool { worker.policy.mirror.showroom }

  init(_ worker: MirrorWorker, _ remote: MirrorRemote, _ leader: Leader, _ last: MirrorState) {
    self.worker = worker
    self.remote = remote
    term = TermRef(station: worker.station, leader: leader)
    state = last
    state.url = remote.shownURL
    held = Set((state.held ?? []).compactMap { Namespace($0) })
    rate = PushRate(perMinute: worker.policy.mirror.maxPushesPerMinute)
    state.bound(at: Clock.milliseconds(), rate)
    // What was found of the host holds until the policy says otherwise.
    switch worker.policy.mirror.atomic {
    case .always: state.atomic = true
    case .never: state.atomic = false
    case .auto: break
    }
  }

  /// Milliseconds after which a mirror that has not been heard of is looked at, though nothing is due.
  private static let lookAfter = 60_000
  /// How often in a row the mirror may turn out to be other than believed.
  private static let maxLooks = 5

  /// Whether something is due; a new leader has its term to show, before anything else is.
  func hasWork(_ refs: MirrorRefs) -> Bool {
    !changes(refs).isEmpty || refs.known[TermRef.name].map { !term.isOurs($0) } ?? false
  }

  /// Whether it is time to see if mirror and Stargate are together again.
  var isLookDue: Bool { state.hasParted && (state.next ?? 0) <= Clock.milliseconds() }

  var isOverdue: Bool { Clock.milliseconds() - (state.contact ?? 0) > Self.lookAfter }

  /// Milliseconds until the mirror may be turned to. What has not parted does not wait for what has.
  func pause(isLook: Bool) -> Int {
    let next = isLook || !state.hasParted ? state.next ?? 0 : 0
    return max(next, isLook ? 0 : rate.earliest(after: state.arrival)) - Clock.milliseconds()
  }

  private func changes(_ refs: MirrorRefs) -> [MirrorUpdate] {
    refs.due(showroom: showroom, without: held).filter { refs.known[$0.key] != $0.value }.map {
      MirrorUpdate(name: $0.key, new: $0.value, old: refs.known[$0.key])
    }.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
  }

  /// Looks at the mirror and notes what it holds, and where the two have parted.
  mutating func look(_ refs: inout MirrorRefs) throws(Rejection) {
    let look: MirrorLook
    do throws(MirrorFault) {
      look = try MirrorLook(station, remote, refs, term, showroom: showroom)
    } catch {
      isFenced = error.kind == .deposed
      return note(error)
    }
    try adopt(look.sound, &refs)
    held = look.held
    isFenced = look.hasForeignTerm
    let last = state.fault
    state.note(look, isBehind: hasWork(refs), at: Clock.milliseconds())
    record()
    if let fault = MirrorLook.fault(look.drift) {
      worker.log.say(fault.kind.rawValue, fault.message)
    } else if last != nil, state.fault == nil {
      worker.log.say("mirror", "the mirror is as it should be again")
    }
  }

  /// Takes over the branches of a mirror that decides on them, at most once a minute.
  /// - Parameter isPaced: false for whoever gives a command.
  mutating func copyBranches(_ isPaced: Bool) {
    let now = Clock.milliseconds()
    let isFresh = isPaced && now - (state.branches ?? 0) < Self.lookAfter
    guard !isFresh, state.fault == nil || state.hasParted else { return }
    do throws(Rejection) {
      let outcome = try BranchCopy(station, remote).refresh()
      if !outcome.moved.isEmpty { worker.log.say("branches", "\(outcome.moved.count) as the mirror has them") }
      for name in outcome.kept { worker.log.say("branches", "\(name) is kept: the mirror never had what it holds") }
    } catch {
      worker.log.say("branches", error.message)
    }
    state.branches = now
    record()
  }

  /// How a push ended.
  enum End {
    case pushed
    /// The mirror is not what it was believed to be: it has to be looked at.
    case stale
    /// Noted, or to be tried at once in another way.
    case failed
  }

  /// Pushes what has changed.
  /// - Parameter looks: how often in a row the mirror has turned out to be other than believed.
  mutating func push(_ refs: inout MirrorRefs, looks: Int) throws(Rejection) -> End {
    var updates = MirrorUpdate.batches(changes(refs)).first ?? []
    if let lost = try firstLost(updates, refs) {
      if let ns = MirrorRefs.namespace(of: lost.name) { held.insert(ns) }
      let words = "\(lost.name) was moved back here: the mirror has \(lost.old?.hex ?? "-")"
      note(MirrorFault(.drift, words), drift: [words])
      return .failed
    }
    let known = refs.known[TermRef.name]
    let next = try term.next(after: known)
    updates.insert(MirrorUpdate(name: TermRef.name, new: next, old: known), at: 0)
    let begun = Clock.milliseconds()
    do throws(MirrorFault) {
      if let known { try term.check(known) }
      let outcome = try MirrorPush(station: station, remote: remote, isAtomic: state.atomic ?? true).run(updates)
      if case .notAtomic = outcome { return try goOrdered() }
      state.arrival = rate.arrival(after: state.arrival, pushedAt: begun)
      if case .stale(let reason) = outcome {
        guard looks < Self.maxLooks else { throw MirrorFault(.refused, "the mirror keeps changing: \(reason)") }
        worker.log.say("stale", "the mirror is not what it was: \(reason)")
        return .stale
      }
    } catch {
      state.arrival = rate.arrival(after: state.arrival, pushedAt: begun)
      isFenced = error.kind == .deposed
      note(error)
      return .failed
    }
    try adopt(Dictionary(uniqueKeysWithValues: updates.map { ($0.name, $0.new) }), &refs)
    notePushed(updates, took: Clock.milliseconds() - begun)
    return .pushed
  }

  /// A ref that would take commits from the mirror.
  private func firstLost(_ updates: [MirrorUpdate], _ refs: MirrorRefs) throws(Rejection) -> MirrorUpdate? {
    let history = MirrorHistory(station, refs)
    for update in updates {
      if let old = update.old, let new = update.new, try !history.keeps(old, of: update.name, in: new) { return update }
    }
    return nil
  }

  /// From now on refs go one after the other.
  private mutating func goOrdered() throws(MirrorFault) -> End {
    guard worker.policy.mirror.atomic == .auto else {
      throw MirrorFault(.refused, "the mirror takes no atomic pushes, and the policy asks for them")
    }
    worker.log.say("atomic", "the mirror takes no atomic pushes: refs go one after the other, the watermark last")
    state.atomic = false
    return .failed
  }

  private mutating func notePushed(_ updates: [MirrorUpdate], took: Int) {
    let now = Clock.milliseconds()
    let before = state
    state.noteContact(at: now)
    if before.hasParted { state.keepDrift(of: before) }
    state.pushed = now
    state.lag = oldest(updates).map { max(0, now - $0) } ?? state.lag
    record()
    let count = transactions(updates)
    worker.log.say(
      "pushed", "\(updates.count) refs, \(count) transactions, \(took) ms", refs: updates.count,
      transactions: count, milliseconds: took)
  }

  private func adopt(_ names: [String: ObjectID?], _ refs: inout MirrorRefs) throws(Rejection) {
    try MirrorMemory(station).keep(names, known: refs)
    refs.note(names)
  }

  private func transactions(_ updates: [MirrorUpdate]) -> Int {
    updates.reduce(0) { sum, update in
      guard case .kv(.ledger) = RefName(update.name), let new = update.new else { return sum }
      let range = [new.hex] + (update.old.map { ["^\($0)"] } ?? [])
      return sum + ((try? station.git.run(["rev-list", "--count"] + range))?.count ?? 0)
    }
  }

  /// When the oldest transaction of a push was accepted, as far as the journal tells.
  private func oldest(_ updates: [MirrorUpdate]) -> Int? {
    guard let records = try? Journal.read(repository: station.repository).records else { return nil }
    return updates.compactMap { update in
      (records.first { $0.ref == update.name && $0.old == update.old?.hex }
        ?? records.last { $0.ref == update.name && $0.new == update.new?.hex })?.milliseconds
    }.min()
  }

  private mutating func note(_ fault: MirrorFault, drift: [String] = []) {
    state.note(fault, drift: drift, held: held.map(\.name).sorted(), at: Clock.milliseconds())
    record()
    worker.log.say(fault.kind.rawValue, fault.message)
  }

  private func record() {
    do throws(Rejection) {
      try Journal(repository: station.repository).append(state)
    } catch {
      worker.log.say("journal", error.message)
    }
  }

  func exitCode(_ refs: MirrorRefs) -> ExitCode {
    switch state.fault {
    case .drift: .syncRefused
    case .deposed: .notLeader
    case .unreachable, .credentials, .refused: .mirrorTimeout
    case nil: hasWork(refs) ? .moreToDo : .ok
    }
  }
}
