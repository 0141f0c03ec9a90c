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
    let walk = walk(upTo: tip)
    let (metaPath, dataPath) = (LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key))
    let (meta, data) = try Companion.both(
      { () throws(Rejection) in try walk(metaPath) }, { () throws(Rejection) in try walk(dataPath) })
    var versions = try versions(upTo: tip, meta, data, Changes())
    if versions.contains(where: { $0.meta != nil && $0.data == nil }) {
      versions = try self.versions(upTo: tip, meta, data, walk(LedgerTree.manifestPath(namespace, key)))
    }
    guard let first = versions.last, try isContinuation(first.commit) else { return Found(versions: versions) }
    return Found(versions: versions.dropLast(), isInherited: true)
  }

  private func versions(
    upTo tip: ObjectID, _ meta: Changes, _ data: Changes, _ manifest: Changes
  ) throws(Rejection) -> [Version] {
    var commits = meta.commits
    // Metadata may stay the same while a value goes into chunks within one second; then all is walked for the order.
    if !Set(data.commits + manifest.commits).isSubset(of: commits) {
      let paths = [
        LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key),
        LedgerTree.manifestPath(namespace, key),
      ]
      let list = try git.run(["rev-list", tip.hex, "--"] + paths).check("git rev-list").text
      commits = list.split(separator: "\n").compactMap { ObjectID(String($0)) }
    }
    var held: (meta: ObjectID?, data: ObjectID?, manifest: ObjectID?)
    var versions: [Version] = []
    for commit in commits.reversed() {
      if let blob = meta.blobs[commit] { held.meta = blob }
      if let blob = data.blobs[commit] { held.data = blob }
      if let blob = manifest.blobs[commit] { held.manifest = blob }
      versions.append(Version(commit: commit, meta: held.meta, data: held.data, manifest: held.manifest))
    }
    return versions.reversed()
  }

  /// Has git tell of each commit that changes a file, whatever the user has set for `git log`.
  private func walk(upTo tip: ObjectID) -> (String) throws(Rejection) -> Changes {
    let log =
      "log --no-follow --no-show-signature --no-notes --no-color --root --no-renames --raw --no-abbrev --format=%H"
      .split(separator: " ").map(String.init)
    let git = git
    return { (path) throws(Rejection) in
      var changes = Changes()
      // A line that names the commit, an empty one, and `:mode mode blob blob status path`.
      let lines = try git.run(log + [tip.hex, "--", path]).check("git log").output.split(separator: UInt8(ascii: "\n"))
      for line in lines {
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
