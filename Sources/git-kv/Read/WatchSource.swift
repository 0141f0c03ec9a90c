import KVShared

/// Where a watch gets the watchlog from, and how it learns that there is more.
struct WatchSource {
  let logs: EpochLogs
  /// nil where nobody is asked.
  private let transport: Transport?
  /// nil where there is no remote.
  private let place: Place?

  /// Seconds that a question, and a fetch of what is new, may take while a watch goes on; the first may take any.
  private static let questionLimit = 30.0
  private static let fetchLimit = 600.0
  private static let fetches = 5

  init(_ source: ReadOptions.Source, _ clone: Clone, _ namespace: Namespace, offline: Bool) throws(Rejection) {
    let remote = try Remote(clone.config)
    let place = try remote.map { (remote) throws(Rejection) in try Place(source, remote, clone) }
    logs = EpochLogs(clone: clone, namespace: namespace, view: place?.view ?? .working)
    transport = offline ? nil : remote.map { Transport(clone: clone, remote: $0, namespace: namespace) }
    self.place = place
  }

  /// Fetches what the place shows and is not here. Throws `.io` where it cannot be reached.
  /// - Parameter isFirst: nothing was asked before.
  func bring(isFirst: Bool) throws(Rejection) {
    guard var transport, let place else { return }
    let ns = logs.namespace
    var pause = Backoff()
    for attempt in 1... {
      transport.limit = isFirst ? nil : Self.questionLimit
      guard try shown(transport, place) != logs.refs() else { return }
      transport.limit = isFirst ? nil : Self.fetchLimit
      do throws(Rejection) {
        return try transport.fetch(["kv-watchlog/\(ns)@*", "kv-epoch/\(ns)*"], place.view, from: place.url)
      } catch {
        // Perhaps another command of this clone moves the same refs.
        guard attempt < Self.fetches else { throw .io(error.message, hint: hint(place)) }
      }
      pause.sleep()
    }
  }

  private func shown(_ transport: Transport, _ place: Place) throws(Rejection) -> [KVRef: ObjectID] {
    do throws(MirrorFault) {
      let ns = logs.namespace
      let there = try transport.refs(["refs/kv-watchlog/\(ns)@*", "refs/kv-epoch/\(ns)"], at: place.url)
      return there.refs(of: logs.namespace)
    } catch {
      throw .io("cannot ask \(error.message)", hint: hint(place))
    }
  }

  private func hint(_ place: Place) -> String {
    "check the url and your access; "
      + (place.view == .mirror ? "--from=stargate asks the Stargate, " : "") + "--offline shows what is here"
  }

  /// Waits until there is more, and fetches it; a place that does not answer is asked again, and the first time said so.
  /// Returns false where the watch is to end.
  /// - Parameters:
  ///   - seen: the refs as they were last read.
  ///   - withReader: whether it ends with whoever reads standard output.
  func waitForNews(since seen: [KVRef: ObjectID], withReader: Bool) -> Bool {
    var polling = Polling(url: place?.url ?? "", timeout: nil)
    var isAway = false
    while WatchStop.pass(polling.step(.random(in: 0.8...1.2)), withReader: withReader) {
      do throws(Rejection) {
        try bring(isFirst: false)
        isAway = false
        if try logs.refs() != seen { return true }
      } catch {
        // Perhaps the interrupt that ends the watch has ended git.
        guard !WatchStop.isAsked else { return false }
        if !isAway { try? IO.write("kv: warning: \(error.message); asking again\n", to: 2, "standard error") }
        isAway = true
      }
    }
    return false
  }
}
