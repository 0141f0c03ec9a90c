import Glibc

/// Brings what a Stargate has accepted to its mirror, and exits.
///
/// Every pass begins with the refs: the watchlog is caught up with the ledgers, what differs from what the mirror last
/// had goes there in one atomic push under leases, and only then is it noted. A kill anywhere leaves refs that the next
/// run reads again.
public struct MirrorWorker {
  /// How long a run waits for the rate limiter or for a mirror that is down.
  public enum Patience: Sendable { case once, usual, drain }

  let station: Station
  let remote: MirrorRemote?
  let patience: Patience
  let log: WorkerLog
  let policy: StargatePolicy

  /// Milliseconds that the usual run waits in all.
  private static let usualWait = 30_000
  /// Bytes above which a drained journal begins anew.
  private static let journalBytes = 128 << 10
  /// The same where something waits for the mirror: every run reads the whole journal.
  private static let longestJournal = 4 << 20
  /// Corrupt lines of the journal that are told one by one.
  private static let saidLines = 20

  /// Throws `.io` for a remote that is named and not there.
  public init(
    _ station: Station, remote name: String?, patience: Patience, log: WorkerLog
  ) throws(Rejection) {
    self.station = station
    self.patience = patience
    self.log = log
    remote = try MirrorRemote(station.config, name: name)
    do throws(Rejection) {
      policy = try PolicyFile.load(repository: station.repository)?.stargate ?? StargatePolicy()
    } catch {
      log.say("policy", "\(error.message); the defaults hold")
      policy = StargatePolicy()
    }
  }

  /// Works until everything is on the mirror, or as far as its patience goes.
  /// - Returns: `ok`, `moreToDo`, `mirrorTimeout`, `syncRefused` (drift), `notLeader` (deposed), or `io`.
  public func run() throws(Rejection) -> ExitCode {
    let journal = readJournal()
    guard let leader = try leadership() else { return .ok }
    var code = ExitCode.ok
    var state = try remote.map { (remote) throws(Rejection) in
      try MirrorMemory(station).begin(with: remote, last: journal.mirror)
    }
    var (refs, isLogged) = try caughtUp()
    if let remote, let last = state {
      var pass = MirrorPass(self, remote, leader, last)
      isLogged = try work(&pass, &refs) && isLogged
      code = pass.exitCode(refs)
      if policy.branches == nil || policy.branches == .relay { pass.copyBranches(patience == .usual) }
      state = pass.state
    }
    rotateJournal(above: code == .ok ? Self.journalBytes : Self.longestJournal, keeping: state)
    return code == .ok && !isLogged ? .io : code
  }

  /// Turns to the mirror until there is no reason to; returns false where the watchlog could not be written.
  private func work(_ pass: inout MirrorPass, _ refs: inout MirrorRefs) throws(Rejection) -> Bool {
    let end = Clock.milliseconds() + Self.usualWait
    var isLogged = true
    var mustLook = patience != .usual || pass.isLookDue
    var looks = 0
    while mustLook || pass.hasWork(refs) || pass.isOverdue {
      let isLook = mustLook || !pass.hasWork(refs)
      // Whoever gives a command wants it done now, whatever failed before.
      let pause = mustLook && looks == 0 && patience != .usual ? 0 : pass.pause(isLook: isLook)
      if pause > 0 {
        let waits = patience == .drain || (patience == .usual && Clock.milliseconds() + pause <= end)
        guard waits else { break }
        usleep(UInt32(min(pause, 1000)) * 1000)
      } else if isLook {
        mustLook = false
        looks += 1
        try pass.look(&refs)
      } else if try refs.isSettled(station) {
        switch try pass.push(&refs, looks: looks) {
        case .pushed: looks = 0
        case .stale: mustLook = true
        case .failed: break
        }
      } else {
        usleep(1000)
      }
      guard !pass.isFenced else { break }
      let next = try caughtUp()
      refs = next.refs
      isLogged = next.isLogged
    }
    return isLogged
  }

  /// Says what would be pushed, and changes nothing.
  public func sayPlan() throws(Rejection) -> ExitCode {
    guard try leadership() != nil, remote != nil else { return .ok }
    let refs = try MirrorRefs(station)
    let due = refs.due(showroom: policy.mirror.showroom).filter { refs.known[$0.key] != $0.value }
    for (name, id) in due.sorted(by: { $0.key < $1.key }) {
      log.say("would push", "\(name): \(refs.known[name]?.hex ?? "new") -> \(id)", ns: MirrorRefs.namespace(of: name))
    }
    return due.isEmpty ? .ok : .moreToDo
  }

  /// The leader file where it names this host; says so where it does not.
  private func leadership() throws(Rejection) -> Leader? {
    if let leader = try Leader.read(in: station.repository), leader.isHere { return leader }
    log.say("standby", "this host does not lead, so nothing is mirrored from here")
    return nil
  }

  /// The refs, with the watchlog as far as the ledger; false where the watchlog cannot be written.
  private func caughtUp() throws(Rejection) -> (refs: MirrorRefs, isLogged: Bool) {
    var refs = try MirrorRefs(station)
    do throws(Rejection) {
      try Watchlog(station).catchUp(&refs)
      return (refs, true)
    } catch {
      log.say("watchlog", error.message)
      return (refs, false)
    }
  }

  /// A journal that cannot be read keeps nobody from working: the refs say what is to be done.
  private func readJournal() -> Journal.Content {
    do throws(Rejection) {
      let content = try Journal.read(repository: station.repository)
      let (corrupt, some) = (content.corruptLines, content.corruptLines.prefix(Self.saidLines))
      for line in some { log.say("journal", "line \(line) is corrupt and was skipped") }
      if corrupt.count > some.count { log.say("journal", "\(corrupt.count - some.count) more lines are corrupt") }
      return content
    } catch {
      log.say("journal", error.message)
      return Journal.Content()
    }
  }

  private func rotateJournal(above bytes: Int, keeping state: MirrorState?) {
    do throws(Rejection) {
      try Journal(repository: station.repository).rotate(above: bytes, keeping: state)
    } catch {
      log.say("journal", error.message)
    }
  }
}
