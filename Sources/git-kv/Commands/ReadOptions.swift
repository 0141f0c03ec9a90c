import ArgumentParser
import KVShared

/// Where a read looks.
struct ReadOptions: ParsableArguments {
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case github, stargate
  }

  @Option(name: .customLong("read-from"), help: "Read exactly what the mirror (github) or the Stargate shows.")
  var source: Source?

  @Flag(help: "Ask no remote; read what is here.")
  var offline = false

  /// Brings what is asked for up to date and says which view to read.
  /// Throws `.usage` for options that exclude each other, `.io` where a remote is wanted and missing or out of reach.
  func refresh(_ clone: Clone, _ namespace: Namespace) throws(Rejection) -> View {
    guard let remote = try Remote(clone.config) else {
      guard source == nil else { throw .io("there is no remote to read from", hint: "git remote add origin URL") }
      return .working
    }
    let place = try Place(source ?? .github, remote, clone)
    if offline { return source == nil ? .working : place.view }
    let transport = Transport(clone: clone, remote: remote, namespace: namespace)
    try transport.fetch(place.view, from: place.url)
    guard source == nil else { return place.view }
    // The working copy moves forward where that loses nothing; otherwise it keeps its pending transactions.
    _ = try RefStore(clone: clone, namespace: namespace).fastForward(to: place.view, archives(clone, namespace))
    return .working
  }

  /// Older epochs, from where this read looks; none are fetched offline.
  func archives(_ clone: Clone, _ namespace: Namespace) throws(Rejection) -> Archives {
    guard let remote = try Remote(clone.config) else {
      return Archives(clone: clone, namespace: namespace, view: .working, place: nil)
    }
    let place = try Place(source ?? .github, remote, clone)
    let transport = Transport(clone: clone, remote: remote, namespace: namespace)
    return Archives(
      clone: clone, namespace: namespace, view: place.view, place: offline ? nil : (transport, place.url))
  }

  /// Where chunks of what is read come from.
  /// - Parameter home: where they go; nil for one of its own.
  func chunkSource(
    _ clone: Clone, _ namespace: Namespace, quiet: Bool, home: ChunkHome? = nil
  ) throws(Rejection) -> ChunkSource {
    let remote = try Remote(clone.config)
    let home = home ?? ChunkHome(clone, hasRemote: remote != nil, store: clone.objectStore())
    let transport = remote.map { Transport(clone: clone, remote: $0, namespace: namespace) }
    var urls: [String] = []
    if let remote, !offline {
      let stargate = try clone.policy()?.stargate.readURL ?? remote.pushURL
      urls = source == .stargate || stargate == remote.url ? [stargate] : [remote.url, stargate]
    }
    return ChunkSource(
      home: home, transport: transport, urls: urls, showsProgress: Progress.isVisible(isQuiet: quiet))
  }
}
