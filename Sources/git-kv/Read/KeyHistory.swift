import KVShared

/// The commits of one epoch that change a key, as git finds them.
struct KeyHistory {
  let clone: Clone
  let namespace: Namespace
  let key: Key

  struct Found: Equatable {
    /// The newest first.
    var commits: [ObjectID]
    /// Whether the epoch began with the key in it.
    var isInherited = false
  }

  /// Finds the commits that change metadata, value or, where it is asked for, manifest.
  ///
  /// Each file of the key has a walk of its own, side by side: only for a single path does git make use of the
  /// commit-graph's notes of what changed. One for the manifest is not needed where the value was never in chunks.
  func commits(upTo tip: ObjectID, withManifest: Bool = false) throws(Rejection) -> Found {
    let git = git
    func walk(_ paths: String...) throws(Rejection) -> [ObjectID] {
      let list = try git.run(["rev-list", tip.hex, "--"] + paths).check("git rev-list").text
      return list.split(separator: "\n").compactMap { ObjectID(String($0)) }
    }
    let meta = LedgerTree.metaPath(namespace, key)
    let data = LedgerTree.dataPath(namespace, key)
    let manifest = LedgerTree.manifestPath(namespace, key)
    var (commits, others) = try Companion.both(
      { () throws(Rejection) in try walk(meta) }, { () throws(Rejection) in try walk(data) })
    if withManifest { others += try walk(manifest) }
    // Metadata may stay the same while a value goes into chunks within one second; then all is walked for the order.
    if !Set(others).isSubset(of: commits) { commits = try walk(meta, data, manifest) }
    guard let first = commits.last, try isContinuation(first) else { return Found(commits: commits) }
    return Found(commits: commits.dropLast(), isInherited: true)
  }

  /// Whether a commit is the first of a later epoch, which repeats the tree of the sealed head.
  private func isContinuation(_ id: ObjectID) throws(Rejection) -> Bool {
    let commit = try clone.reader.commit(id)
    guard commit.parents.isEmpty else { return false }
    return try LedgerTrailers(commit).parent != nil
  }

  /// What stood for the key in each of some commits; nil where it was not there.
  func slots(in commits: [ObjectID], _ reader: ObjectReader) throws(Rejection) -> [LedgerTree.Slot?] {
    // The three side by side: git has just read the trees that their paths share.
    let paths = [
      LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key),
      LedgerTree.manifestPath(namespace, key),
    ]
    let replies = try reader.read(commits.flatMap { commit in paths.map { .info("\(commit):\($0)") } })
    return try commits.indices.map { (at) throws(Rejection) in
      let (meta, data, manifest) = (replies[at * 3], replies[at * 3 + 1], replies[at * 3 + 2])
      if let meta, let held = data ?? manifest {
        return LedgerTree.Slot(data: held.id, meta: meta.id, isChunked: data == nil)
      }
      // To git a path that leads nowhere and an object that is not here are the same; the tree tells them apart.
      defer { reader.forgetTrees() }
      let tree = try reader.commit(commits[at]).tree
      return try LedgerTree.lookup([key], in: tree, namespace: namespace, reader: reader)[key]
    }
  }

  /// Paths are meant from the top, wherever the command runs.
  private var git: Git {
    var git = clone.git
    git.environment["GIT_DIR"] = clone.gitDirectory
    git.environment["GIT_WORK_TREE"] = nil
    git.options = ["-C", clone.workTree ?? clone.gitDirectory] + git.options
    return git
  }
}
