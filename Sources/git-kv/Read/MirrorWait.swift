import KVShared

/// Waits until a place shows a ledger commit, or one that follows it.
///
/// One `git ls-remote` a look; only a tip that is not here yet is fetched, beside the working copy, to see what it holds.
struct MirrorWait {
  let clone: Clone
  let namespace: Namespace
  let remote: Remote
  let place: Place

  /// Seconds that a look may take, however little time is left.
  private static let leastLook = 10.0

  enum Outcome {
    /// What the place shows, and after how many seconds.
    case visible(ObjectID, Double)
    /// What it showed last, in words.
    case late(String)
    /// It never answered, and why.
    case unreachable(String)
  }

  /// - Parameter seconds: how long to wait; at 0 there is one look.
  func run(for commit: ObjectID, seconds: Int) -> Outcome {
    var polling = Polling(url: place.url, timeout: Double(seconds))
    var seen: Sight?
    var fault: MirrorFault?
    repeat {
      let transport = Transport(
        clone: clone, remote: remote, namespace: namespace, limit: max(polling.left, Self.leastLook))
      do throws(MirrorFault) {
        let now = try look(transport)
        fault = nil
        // The same tip holds what it held.
        if now != seen, try holds(commit, now, transport) { return .visible(now.tip ?? commit, polling.elapsed) }
        seen = now
      } catch {
        // Whoever is not let in now is not let in later.
        if seen == nil, error.kind == .credentials { return .unreachable(error.message) }
        fault = error
      }
    } while polling.pause()
    guard let seen else { return .unreachable(fault?.message ?? "") }
    return .late(words(seen, commit) + (fault.map { "; after that \($0.message)" } ?? ""))
  }

  /// What to do about a transaction that does not show.
  var hint: String {
    place.view == .mirror
      ? "'git kv stargate status' says what holds the mirror up; --read-from=stargate reads round it"
      : "check the id, and whether it was pushed"
  }

  /// What a place shows of a namespace.
  private struct Sight: Equatable {
    let tip: ObjectID?
    /// The heads of its sealed epochs.
    let sealed: Set<ObjectID>
  }

  private func look(_ transport: Transport) throws(MirrorFault) -> Sight {
    let mark = place.mark(namespace).description
    let archives = "refs/kv-archive/\(namespace)@"
    let shown: [String: ObjectID]
    do throws(MirrorFault) {
      shown = try transport.refs([mark, archives + "*"], at: place.url)
    } catch {
      throw MirrorFault(error.kind, "cannot ask \(error.message)")
    }
    return Sight(tip: shown[mark], sealed: Set(shown.filter { $0.key.hasPrefix(archives) }.values))
  }

  /// Throws where what is needed to decide cannot be fetched.
  private func holds(_ commit: ObjectID, _ now: Sight, _ transport: Transport) throws(MirrorFault) -> Bool {
    guard let tip = now.tip else { return false }
    if tip == commit { return true }
    let history = LedgerHistory(clone: clone)
    do throws(Rejection) {
      if try !history.isHere(tip) { try bring(transport) }
      return try history.holds(commit, upTo: tip, sealed: now.sealed) { () throws(Rejection) in
        try transport.fetch(["kv-archive/\(namespace)@*"], place.view, from: place.url)
      }
    } catch {
      // A tip that is no commit of a ledger holds nothing.
      if error.code == .attestation { return false }
      throw MirrorFault(.unreachable, error.message)
    }
  }

  /// Fetches what the place shows.
  private func bring(_ transport: Transport) throws(Rejection) {
    if place.view == .mirror {
      try transport.fetch([place.mark(namespace).suffix], .mirror, from: place.url)
    } else {
      try transport.fetch(place.view, from: place.url)
    }
  }

  private func words(_ seen: Sight, _ commit: ObjectID) -> String {
    let isMirror = place.view == .mirror
    guard let tip = seen.tip else { return isMirror ? "there is no watermark" : "there is no \(place.mark(namespace))" }
    let at = "\(isMirror ? "its watermark" : place.mark(namespace).description) is \(tip)"
    let history = LedgerHistory(clone: clone)
    guard (try? history.isHere(tip)) == true, (try? history.isHere(commit)) == true else { return at }
    guard (try? history.isBehind(tip, commit)) == true else { return "\(at), which is not on the way to it" }
    guard let count = try? clone.git.run(["rev-list", "--count", "\(tip)..\(commit)"]).check("git rev-list").text else {
      return at
    }
    return "\(at), \(count) behind"
  }
}
