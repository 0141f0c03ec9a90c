import KVShared

/// What the commits of one epoch made of a key, as git finds them.
struct KeyHistory {
  let clone: Clone
  let namespace: Namespace
  let key: Key

  /// What stood for the key from a commit on.
  struct Version {
    let commit: ObjectID
    let meta: ObjectID?
    let data: ObjectID?
    let manifest: ObjectID?

    /// nil where the key was deleted.
    var slot: LedgerTree.Slot? {
      guard let meta, let held = data ?? manifest else { return nil }
      return LedgerTree.Slot(data: held, meta: meta, isChunked: data == nil)
    }
  }

  struct Found {
    /// The newest first.
    var versions: [Version]
    /// Whether the epoch began with the key in it.
    var isInherited = false
  }

  /// The commits that change one file, and the blob that each put there; nil where it removed the file.
  private struct Changes {
    /// The newest first.
    var commits: [ObjectID] = []
    var blobs: [ObjectID: ObjectID?] = [:]
  }

  /// Finds the commits that change metadata, value or manifest.
  ///
  /// Each file of the key has a walk of its own, two side by side: only for a single path does git make use of the
  /// commit-graph's notes of what changed. The one for the manifest is left out where metadata never stands alone.
  func versions(upTo tip: ObjectID) throws(Rejection) -> Found {
    let metaPath = LedgerTree.metaPath(namespace, key)
    let dataPath = LedgerTree.dataPath(namespace, key)
    let manifestPath = LedgerTree.manifestPath(namespace, key)
    let (meta, data) = try Companion.both(
      { () throws(Rejection) in try changes(of: metaPath, upTo: tip) },
      { () throws(Rejection) in try changes(of: dataPath, upTo: tip) })
    var order = meta.commits
    // Metadata may stay the same while a value goes into chunks within one second; then all is walked for the order.
    func include(_ changes: Changes) throws(Rejection) {
      guard !Set(changes.commits).isSubset(of: order) else { return }
      let list = try git.run(["rev-list", tip.hex, "--", metaPath, dataPath, manifestPath]).check("git rev-list").text
      order = list.split(separator: "\n").compactMap { ObjectID(String($0)) }
    }
    try include(data)
    var versions = Self.versions(order, meta, data)
    if versions.contains(where: { $0.meta != nil && $0.data == nil }) {
      let manifest = try changes(of: manifestPath, upTo: tip)
      try include(manifest)
      versions = Self.versions(order, meta, data, manifest)
    }
    guard let first = versions.last, try isContinuation(first.commit) else { return Found(versions: versions) }
    return Found(versions: versions.dropLast(), isInherited: true)
  }

  private static func versions(
    _ order: [ObjectID], _ meta: Changes, _ data: Changes, _ manifest: Changes = Changes()
  ) -> [Version] {
    var held: (meta: ObjectID?, data: ObjectID?, manifest: ObjectID?)
    var versions: [Version] = []
    for commit in order.reversed() {
      if let blob = meta.blobs[commit] { held.meta = blob }
      if let blob = data.blobs[commit] { held.data = blob }
      if let blob = manifest.blobs[commit] { held.manifest = blob }
      versions.append(Version(commit: commit, meta: held.meta, data: held.data, manifest: held.manifest))
    }
    return versions.reversed()
  }

  /// Has git tell of each commit that changes a file, whatever the user has set for `git log`.
  private func changes(of path: String, upTo tip: ObjectID) throws(Rejection) -> Changes {
    let log = [
      "log", "--no-follow", "--no-show-signature", "--no-notes", "--no-color", "--root", "--no-renames", "--raw",
      "--no-abbrev", "--format=%H", tip.hex, "--", path,
    ]
    var changes = Changes()
    // A line that names the commit, an empty one, and `:mode mode blob blob status path`.
    for line in try git.run(log).check("git log").output.split(separator: UInt8(ascii: "\n")) {
      if line.first != UInt8(ascii: ":") {
        if let commit = ObjectID(hex: line) { changes.commits.append(commit) }
        continue
      }
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
      guard let commit = changes.commits.last, words.count == 5 else { continue }
      changes.blobs[commit] = .some(words[4].first == UInt8(ascii: "D") ? nil : ObjectID(hex: words[3]))
    }
    return changes
  }

  /// Whether a commit is the first of a later epoch, which repeats the tree of the sealed head.
  private func isContinuation(_ id: ObjectID) throws(Rejection) -> Bool {
    let commit = try clone.reader.commit(id)
    guard commit.parents.isEmpty else { return false }
    return try LedgerTrailers(commit).parent != nil
  }

  /// Paths are meant from the top, wherever the command runs. A walk over a thousand versions reads each tree once or
  /// twice: of git's usual 96 MiB for the bases of deltas it gets nothing but page faults, half of its time.
  private var git: Git {
    var git = clone.git
    git.environment["GIT_DIR"] = clone.gitDirectory
    git.environment["GIT_WORK_TREE"] = nil
    git.options = ["-C", clone.workTree ?? clone.gitDirectory, "-c", "core.deltaBaseCacheLimit=4m"] + git.options
    return git
  }
}
