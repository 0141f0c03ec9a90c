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
    try Transport(clone: clone, remote: remote, namespace: namespace).fetch(place.view, from: place.url)
    guard source == nil else { return place.view }
    // The working copy moves forward where that loses nothing; otherwise it keeps its pending transactions.
    _ = try RefStore(clone: clone, namespace: namespace).fastForward(to: place.view)
    return .working
  }

  /// Where chunks of what is read come from.
  func chunkSource(_ clone: Clone, _ namespace: Namespace, quiet: Bool) throws(Rejection) -> ChunkSource {
    let remote = try Remote(clone.config)
    let home = ChunkHome(clone, hasRemote: remote != nil, store: clone.objectStore())
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
