import KVShared

/// One change of a key.
struct KeyVersion {
  let commit: ObjectID
  /// nil: the key was deleted.
  let slot: LedgerTree.Slot?
}

/// The changes of one key in one epoch, as `git log` finds them.
struct KeyHistory {
  let clone: Clone
  let namespace: Namespace
  let key: Key

  struct Found {
    /// The newest first.
    var versions: [KeyVersion] = []
    /// Whether the epoch began with the key in it.
    var isInherited = false
  }

  /// Each file of the key has a walk of its own, side by side: only for a single path does git make use of the
  /// commit-graph's notes of what changed. The manifest has none where the value was never in chunks.
  func versions(upTo tip: ObjectID) throws(Rejection) -> Found {
    let paths = [
      LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key),
      LedgerTree.manifestPath(namespace, key),
    ]
    let git = git
    func log(_ path: String) throws(Rejection) -> [FileChange] {
      try FileChange.parse(git.run(Self.log + [tip.hex, "--", path]).check("git log").output)
    }
    let (meta, data) = try Companion.both(
      { () throws(Rejection) in try log(paths[0]) }, { () throws(Rejection) in try log(paths[1]) })
    var logs = [meta, data]
    if let found = try replay(logs, order(logs, tip, paths)) { return found }
    logs.append(try log(paths[2]))
    return try replay(logs, order(logs, tip, paths)) ?? Found()
  }

  /// The commits that change the key, the newest first.
  private func order(_ logs: [[FileChange]], _ tip: ObjectID, _ paths: [String]) throws(Rejection) -> [ObjectID] {
    let meta = logs[0].map(\.commit)
    let known = Set(meta)
    // Metadata may stay the same while a value goes into chunks within one second; then all is walked for the order.
    guard logs.dropFirst().joined().contains(where: { !known.contains($0.commit) }) else { return meta }
    let listing = try git.run(["rev-list", tip.hex, "--"] + paths).check("git rev-list")
    return listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }
  }

  /// Goes through the changes of metadata, value and, where it was asked for, manifest. Returns nil where a value is in
  /// neither of the first two, and the third was not asked for.
  private func replay(_ logs: [[FileChange]], _ order: [ObjectID]) throws(Rejection) -> Found? {
    var changes: [ObjectID: [WritableKeyPath<Files, ObjectID?>: ObjectID?]] = [:]
    for (file, log) in zip([\Files.meta, \Files.data, \Files.manifest], logs) {
      for change in log { changes[change.commit, default: [:]].updateValue(change.new, forKey: file) }
    }
    var found = Found()
    var files = Files()
    for commit in order.reversed() {
      for (file, id) in changes[commit] ?? [:] { files[keyPath: file] = id }
      guard files.meta == nil || files.slot != nil || logs.count == 3 else { return nil }
      // The first commit of a later epoch repeats the tree of the sealed head.
      if found.versions.isEmpty, !found.isInherited, try isContinuation(commit) {
        found.isInherited = true
        continue
      }
      found.versions.append(KeyVersion(commit: commit, slot: files.slot))
    }
    found.versions.reverse()
    return found
  }

  private func isContinuation(_ id: ObjectID) throws(Rejection) -> Bool {
    let commit = try clone.reader.commit(id)
    guard commit.parents.isEmpty else { return false }
    return try LedgerTrailers(commit).parent != nil
  }

  /// What stands for the key at some point.
  private struct Files {
    var meta: ObjectID?
    var data: ObjectID?
    var manifest: ObjectID?

    var slot: LedgerTree.Slot? {
      guard let meta, let held = data ?? manifest else { return nil }
      return LedgerTree.Slot(data: held, meta: meta, isChunked: data == nil)
    }
  }

  private static let log = [
    "-c", "log.showRoot=true", "-c", "log.follow=false", "log", "-z", "--raw", "--no-abbrev", "--no-renames",
    "--no-show-signature", "--no-notes", "--no-color", "--no-decorate", "--format=%H",
  ]

  /// Paths are meant from the top, wherever the command runs.
  private var git: Git {
    var git = clone.git
    git.environment["GIT_DIR"] = clone.gitDirectory
    git.environment["GIT_WORK_TREE"] = nil
    git.options = ["-C", clone.workTree ?? clone.gitDirectory] + git.options
    return git
  }
}

/// A change of one file, as `git log -z --raw --format=%H` tells of it.
struct FileChange: Equatable {
  let commit: ObjectID
  /// nil: the file was removed.
  let new: ObjectID?

  /// Takes the log of one path. Throws `.io` for anything else.
  static func parse(_ output: [UInt8]) throws(Rejection) -> [FileChange] {
    let fields = output.split(separator: 0)
    guard fields.count % 3 == 0 else { throw .io("git log printed a change without its path") }
    var changes: [FileChange] = []
    changes.reserveCapacity(fields.count / 3)
    for at in stride(from: 0, to: fields.count, by: 3) {
      // `<commit>`, then `\n:<mode> <mode> <old> <new> <letter>`, then the path.
      let words = fields[at + 1].split(separator: UInt8(ascii: " "))
      guard let commit = ObjectID(hex: fields[at]), words.count == 5, words[0].starts(with: "\n:".utf8),
        let new = OldValue(hex: words[3])
      else { throw .io("git log printed \(fields[at + 1].quoted)") }
      changes.append(FileChange(commit: commit, new: new.id))
    }
    return changes
  }
}
