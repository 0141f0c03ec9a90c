import Glibc
import KVShared

/// Where a watch gets the watchlog from, and how it learns that there is more.
struct WatchSource {
  let clone: Clone
  let namespace: Namespace
  /// nil where nobody is asked.
  let transport: Transport?
  /// nil where there is no remote.
  let place: Place?

  /// The refs to read: of a place that was asked, or the repository's own.
  var view: View { place?.view ?? .working }

  private var pattern: String { "refs/kv-watchlog/\(namespace)@*" }

  /// Fetches the watchlog as the place shows it. Throws `.io` where it cannot be reached.
  func bring() throws(Rejection) {
    guard let transport, let place else { return }
    try transport.fetch(["kv-watchlog/\(namespace)@*", "kv-epoch/\(namespace)*"], place.view, from: place.url)
  }

  /// Waits until there is more, and fetches it; a place that does not answer is asked again. Returns false where the
  /// watch is to end.
  func waitForNews() -> Bool {
    let before = tips()
    var polling = Polling(url: place?.url ?? "", timeout: nil)
    var isSilent = false
    while !WatchStop.isAsked, polling.pause() {
      guard !WatchStop.isAsked else { return false }
      guard let transport, let place else {
        if tips() != before { return true }
        continue
      }
      do {
        let there = try transport.refs([pattern], at: place.url)
        if Set(there.values) != before {
          try bring()
          return true
        }
        isSilent = false
      } catch {
        if !isSilent { try? IO.write("kv: warning: \(words(error)); asking again\n", to: 2, "standard error") }
        isSilent = true
      }
    }
    return false
  }

  private func words(_ error: any Error) -> String {
    (error as? MirrorFault)?.message ?? (error as? Rejection)?.message ?? "\(error)"
  }

  /// What the logs, or without any the ledger, end with here.
  private func tips() -> Set<ObjectID> {
    let names =
      [view.name(of: .ledger(namespace))] + ["refs/kv-watchlog/", "refs/kv-tracking/\(view.rawValue)/kv-watchlog/"]
    let kinds = place == nil ? [names[0], names[1]] : [names[2]]
    guard let listing = try? clone.git.run(["for-each-ref", "--format=%(objectname) %(refname)"] + kinds).text else {
      return []
    }
    let ours = listing.split(separator: "\n").filter {
      $0.contains("kv-watchlog/\(namespace)@") || $0.hasSuffix(" \(names[0])")
    }
    return Set(ours.compactMap { ObjectID(String($0.prefix { $0 != " " })) })
  }
}

/// What ends a watch that follows.
enum WatchStop {
  nonisolated(unsafe) private static var asked: sig_atomic_t = 0

  static var isAsked: Bool { asked != 0 || isReaderGone }

  /// Whether standard output is a pipe that nobody reads any more.
  private static var isReaderGone: Bool {
    var output = pollfd(fd: 1, events: 0, revents: 0)
    return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR) != 0
  }

  /// An interrupt or a termination ends the wait, and the watch with success.
  static func atSignals() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in WatchStop.asked = 1 }
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }

  /// A reader that is gone ends the program as it ends any other in a pipe.
  static func atPipe() { signal(SIGPIPE, SIG_DFL) }
}
