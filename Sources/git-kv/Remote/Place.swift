import KVShared

/// A place that shows a store to readers, and the view in which this clone remembers what it showed.
struct Place {
  let source: ReadOptions.Source
  let url: String
  let view: View

  /// Where the remote's url and pushurl are the same there is no mirror, and both sources are the Stargate.
  init(_ source: ReadOptions.Source, _ remote: Remote, _ clone: Clone) throws(Rejection) {
    self.source = source
    switch source {
    case .github:
      url = remote.url
      view = remote.isSplit ? .mirror : .stargate
    case .stargate:
      url = try clone.policy()?.stargate.readURL ?? remote.pushURL
      view = .stargate
    }
  }

  /// The ref that says up to where the place has a namespace: of a mirror the watermark, else the ledger itself.
  func mark(_ namespace: Namespace) -> KVRef { view == .mirror ? .mirror(namespace) : .ledger(namespace) }
}
