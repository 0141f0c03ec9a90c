import Glibc
import KVShared

/// Where a clone keeps chunks.
///
/// Without a remote the clone is the store, and its chunks stand with everything else. With one it knows the trees of all
/// chunks but has the bytes of few, which git's housekeeping would take for damage. So they have a repository of their
/// own inside the git folder, a partial clone that borrows the objects of this one; the user's repository never sees it.
final class ChunkHome {
  let clone: Clone
  /// nil where the clone is the store.
  let folder: String?
  private let own: ObjectStore
  private var openReader: ObjectReader?
  private var openStore: ObjectStore?
  /// What new values are compared with, found once for all values of a command.
  var base: ChunksBase?

  /// - Parameter store: the clone's own.
  init(_ clone: Clone, hasRemote: Bool, store: ObjectStore) {
    self.clone = clone
    let folder = "\(clone.commonDirectory)/kv-chunks"
    // Once begun it stays in use, even if the remote goes.
    self.folder = hasRemote || access("\(folder)/config.kv", F_OK) == 0 ? folder : nil
    own = store
  }

  /// Where new chunks go.
  func store() throws(Rejection) -> ObjectStore {
    guard let folder else { return own }
    if let openStore { return openStore }
    try prepare()
    let store = clone.objectStore(in: "\(folder)/objects", try inside(clone.git))
    openStore = store
    return store
  }

  /// Whether chunks were read or written.
  var isUsed: Bool { openReader != nil || openStore != nil }

  /// Makes what was stored visible to git.
  func flush() throws(Rejection) { try openStore?.flush() }

  /// Reads the clone's objects and the chunks.
  func reader() throws(Rejection) -> ObjectReader {
    if let openReader { return openReader }
    if folder != nil { try prepare() }
    let reader = try ObjectReader(borrowing(clone.git), format: clone.format)
    openReader = reader
    return reader
  }

  /// Lets a reader go that may have come to its end; the next question starts another.
  func forgetReader() { openReader = nil }

  /// The same git, seeing the chunks too.
  func borrowing(_ git: Git) -> Git {
    guard let folder else { return git }
    var git = git
    let name = "GIT_ALTERNATE_OBJECT_DIRECTORIES"
    let path = "\(folder)/objects"
    let plain = path.contains(":") || path.contains("\"") ? "\"\(path.escapingQuotes)\"" : path
    git.environment[name] = git.environment[name].map { "\($0):\(plain)" } ?? plain
    return git
  }

  /// The same git, at home here.
  func inside(_ git: Git) throws(Rejection) -> Git {
    guard let folder else { return git }
    try prepare()
    var git = git
    for name in ["GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
      git.environment[name] = nil
    }
    git.environment["GIT_DIR"] = folder
    // A relative url means the same here as in the clone.
    git.options = ["-C", clone.workTree ?? clone.gitDirectory] + git.options
    return git
  }

  /// Lets git see to the packs that have gathered here, behind our back.
  func tidy() throws(Rejection) {
    guard let folder else { return }
    var git = try inside(clone.git)
    git.options = ["-C", folder]
    _ = try git.start(["gc", "--auto", "--quiet"], stdout: .null, stderr: .null, detached: true)
  }

  /// Makes those take turns who write refs or settings here; held as long as the descriptor lives.
  func takeTurn() throws(Rejection) -> Descriptor {
    let file = try Descriptor(path: "\(folder ?? clone.commonDirectory)/kv.lock", flags: O_RDWR | O_CREAT)
    if folder != nil { try file.lock(exclusive: true) }
    return file
  }

  /// Makes the folder where it is missing.
  private func prepare() throws(Rejection) {
    guard let folder, access("\(folder)/config.kv", F_OK) != 0 else { return }
    mkdir(folder, 0o777)
    let turn = try takeTurn()
    defer { _ = turn.raw }
    guard access("\(folder)/config.kv", F_OK) != 0 else { return }
    // What a crash has left of it is no ground to build on.
    unlink("\(folder)/config")
    try clone.git.run(
      ["init", "--quiet", "--bare", "--template=", "--object-format=\(clone.format.rawValue)", folder]
    ).check("git init")
    mkdir("\(folder)/objects/info", 0o777)
    try IO.replaceFile("\(folder)/objects/info/alternates", Array("../../objects\n".utf8))
    // Proxies, credentials and ssh commands are those of the clone; a submodule's settings cannot be shared, they name
    // its work tree. Chunks are neither searched for deltas nor unpacked, and those that no ref needs go after two weeks.
    let settings = """
      [include]
      \tpath = \(clone.config["core.worktree"] == nil ? "../config" : "/dev/null")
      [core]
      \tbare = true
      \tbigFileThreshold = 64k
      [transfer]
      \tunpackLimit = 1
      [fetch]
      \tunpackLimit = 1
      [gc]
      \tauto = 6700
      \tautoPackLimit = 30
      \tcruftPacks = true
      \tpruneExpire = 2.weeks.ago
      [repack]
      \twriteBitmaps = false

      """
    let name = "\(folder)/config"
    guard let config = try IO.readFile(name) else { throw .io("git init left no \(name.quoted)") }
    try IO.replaceFile(name, config + Array(settings.utf8))
    // Last, so that a crash before is made good.
    try IO.replaceFile("\(folder)/config.kv", [])
  }
}

extension String {
  fileprivate var escapingQuotes: String {
    reduce(into: "") { text, character in
      if character == "\"" || character == "\\" { text.append("\\") }
      text.append(character)
    }
  }
}
