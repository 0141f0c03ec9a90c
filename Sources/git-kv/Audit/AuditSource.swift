import Glibc
import KVShared

/// Where the refs of an audit come from: this repository where it is the store, else what a place shows.
struct AuditSource {
  let clone: Clone
  let home: ChunkHome
  let view: View
  /// nil where nothing is fetched.
  private let place: (transport: (Namespace) -> Transport, url: String)?
  /// Whether older epochs are looked at.
  let epochs: Bool

  init(_ clone: Clone, _ read: ReadOptions, epochs: Bool) throws(Rejection) {
    self.clone = clone
    self.epochs = epochs
    let remote = try Remote(clone.config)
    home = ChunkHome(clone, hasRemote: remote != nil, store: clone.objectStore())
    guard let remote else {
      guard read.source == nil else { throw .io("there is no remote to read from", hint: "git remote add origin URL") }
      view = .working
      place = nil
      return
    }
    let place = try Place(read.source ?? .github, remote, clone)
    view = place.view
    self.place =
      read.offline
      ? nil : ({ Transport(clone: clone, remote: remote, namespace: $0) }, place.url)
  }

  /// Whether this is a clone, which has the bytes of few chunks.
  var mayLackChunks: Bool { home.folder != nil }

  /// The same git, seeing the chunks that are here.
  var git: Git { home.borrowing(clone.git) }

  /// Brings what the place shows of a namespace: one fetch, and one for the trees of its chunks.
  func bring(_ ns: Namespace) throws(Rejection) {
    guard let place else { return }
    let transport = place.transport(ns)
    try transport.fetch(
      ["kv/\(ns)*", "kv-index/\(ns)*", "kv-epoch/\(ns)*", "kv-mirror/\(ns)*", "kv-watchlog/\(ns)@*"]
        + (epochs ? ["kv-archive/\(ns)@*"] : []), view, from: place.url)
    try ChunkTransport(transport: transport, home: home).fetchTrees("kv-chunks/\(ns)@*")
  }

  /// The refs of a namespace, read again until two readings agree: they move together.
  func refs(_ ns: Namespace) throws(Rejection) -> [KVRef: ObjectID] {
    var found = try reading(ns)
    for _ in 0..<20 {
      let again = try reading(ns)
      if again == found { return found }
      found = again
      usleep(10_000)
    }
    return found
  }

  private func reading(_ ns: Namespace) throws(Rejection) -> [KVRef: ObjectID] {
    var refs = try list(clone.git, view, ns)
    if let folder = home.folder {
      refs = refs.filter { if case .chunks = $0.key { false } else { true } }
      guard access("\(folder)/config.kv", F_OK) == 0 else { return refs }
      for (ref, id) in try list(try home.inside(clone.git), .stargate, ns) {
        if case .chunks = ref { refs[ref] = id }
      }
    }
    return refs
  }

  private func list(_ git: Git, _ view: View, _ ns: Namespace) throws(Rejection) -> [KVRef: ObjectID] {
    let kinds = ["kv/", "kv-index/", "kv-chunks/", "kv-epoch/", "kv-archive/", "kv-watchlog/", "kv-mirror/"]
    return try view.refs(kinds, of: ns, git)
  }
}
