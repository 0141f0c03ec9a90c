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

  /// The three files of the key each have a walk of their own, side by side: only for a single path does git make use of
  /// the commit-graph's notes of what changed.
  func versions(upTo tip: ObjectID) throws(Rejection) -> Found {
    let paths = [
      LedgerTree.metaPath(namespace, key), LedgerTree.dataPath(namespace, key),
      LedgerTree.manifestPath(namespace, key),
    ]
    let outputs = try Walk.all(paths.map { Self.log + [tip.hex, "--", $0] }, git)
    let meta = try FileChange.parse(outputs[0])
    let data = try FileChange.parse(outputs[1])
    let manifest = try FileChange.parse(outputs[2])
    var order = meta.map(\.commit)
    let known = Set(order)
    // Metadata may stay the same while a value goes into chunks within one second; then all is walked for the order.
    if (data + manifest).contains(where: { !known.contains($0.commit) }) {
      let listing = try git.run(["rev-list", tip.hex, "--"] + paths).check("git rev-list")
      order = listing.text.split(separator: "\n").compactMap { ObjectID(String($0)) }
    }
    return try replay(order, meta: meta, data: data, manifest: manifest)
  }

  private func replay(
    _ order: [ObjectID], meta: [FileChange], data: [FileChange], manifest: [FileChange]
  ) throws(Rejection) -> Found {
    var changes: [ObjectID: [WritableKeyPath<Files, ObjectID?>: ObjectID?]] = [:]
    for (file, list) in [(\Files.meta, meta), (\Files.data, data), (\Files.manifest, manifest)] {
      for change in list { changes[change.commit, default: [:]].updateValue(change.new, forKey: file) }
    }
    var found = Found()
    var files = Files()
    for commit in order.reversed() {
      for (file, id) in changes[commit] ?? [:] { files[keyPath: file] = id }
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

/// One of several git commands that run side by side.
private final class Walk: @unchecked Sendable {
  private var answer: ChildResult?
  private var failure: Rejection?

  /// Runs all and returns what each printed. Throws `.io` where one failed.
  static func all(_ commands: [[String]], _ git: Git) throws(Rejection) -> [[UInt8]] {
    let walks = commands.map { _ in Walk() }
    run(walks[...], commands[...], git)
    return try walks.map { (walk) throws(Rejection) in
      if let failure = walk.failure { throw failure }
      return try walk.answer?.check("git log").output ?? []
    }
  }

  private static func run(_ walks: ArraySlice<Walk>, _ commands: ArraySlice<[String]>, _ git: Git) {
    guard let walk = walks.first, let command = commands.first else { return }
    let companion = Companion { walk.run(command, git) }
    run(walks.dropFirst(), commands.dropFirst(), git)
    companion.wait()
  }

  private func run(_ command: [String], _ git: Git) {
    do throws(Rejection) {
      answer = try git.run(command)
    } catch {
      failure = error
    }
  }
}
