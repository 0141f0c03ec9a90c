import KVShared

/// Where a clone reads and writes.
struct Remote {
  let name: String
  /// Where everybody reads: the mirror.
  let url: String
  /// Where transactions go: the Stargate.
  let pushURL: String

  /// Whether reads and writes go to different places.
  var isSplit: Bool { url != pushURL }

  /// The configured remote (`kv.remote`, else `origin`); nil where there is none.
  /// Throws `.io` for a remote that is named and not there, `.usage` for one that pushes to several places.
  init?(_ config: GitConfig) throws(Rejection) {
    name = config["kv.remote"] ?? "origin"
    guard let url = config["remote.\(name).url"] else {
      if config["kv.remote"] != nil { throw .io("there is no remote \(name.quoted), which kv.remote names") }
      return nil
    }
    let pushURLs = config.all("remote.\(name).pushurl")
    guard pushURLs.count <= 1 else {
      throw .usage("remote \(name.quoted) pushes to \(pushURLs.count) places; a transaction has one home")
    }
    self.url = url
    pushURL = pushURLs.first ?? url
  }
}
