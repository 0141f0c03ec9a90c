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
    let view: View = source == .stargate || (source != nil && !remote.isSplit) ? .stargate : .mirror
    if offline { return source == nil ? .working : view }
    let transport = Transport(clone: clone, remote: remote, namespace: namespace)
    if view == .stargate {
      try transport.fetch(.stargate, from: try clone.policy()?.stargate.readURL ?? remote.pushURL)
    } else {
      try transport.fetch(remote.isSplit ? .mirror : .stargate, from: remote.url)
    }
    guard source == nil else { return view }
    // The working copy moves forward where that loses nothing; otherwise it keeps its pending transactions.
    _ = try RefStore(clone: clone, namespace: namespace).fastForward(to: remote.isSplit ? .mirror : .stargate)
    return .working
  }

  /// Where chunks of what a view shows come from.
  func chunkSource(
    _ clone: Clone, _ namespace: Namespace, _ view: View, quiet: Bool
  ) throws(Rejection) -> ChunkSource {
    let remote = try Remote(clone.config)
    let home = ChunkHome(clone, hasRemote: remote != nil, store: clone.objectStore())
    let transport = remote.map { Transport(clone: clone, remote: $0, namespace: namespace) }
    var urls: [String] = []
    if let remote, !offline {
      let stargate = try clone.policy()?.stargate.readURL ?? remote.pushURL
      urls = view == .stargate || stargate == remote.url ? [stargate] : [remote.url, stargate]
    }
    return ChunkSource(
      home: home, transport: transport, urls: urls, showsProgress: Progress.isVisible(isQuiet: quiet))
  }
}
