import Glibc

/// Keeps a Stargate's repository in a shape in which pushes stay fast, off their path.
///
/// Incremental: loose objects and small packs become one pack, and large ones stay (`git repack --geometric`), so that the
/// work follows what has come since.
public struct Housekeeping {
  let station: Station
  let log: WorkerLog

  public init(_ station: Station, log: WorkerLog) {
    self.station = station
    self.log = log
  }

  /// Loose objects from which on they are packed, as an estimate from a few of their 256 folders (as `git gc` does it
  /// from one). Every push has git read the trees it builds on, and a loose one takes some times as long as a packed one.
  private static let looseObjects = 600
  private static let sampledFolders = ["17", "5a", "9d", "e0"]
  /// Packs from which on they are merged.
  private static let packs = 20
  /// Seconds after which what a killed push has left is taken away.
  private static let leftoverAge = 86_400
  /// Seconds after which no push that began before a compaction goes on.
  private static let pruneAge = 3600

  /// Does what is due; a failure is said, and the next run tries again.
  public func run() throws(Rejection) {
    let lock = try Descriptor(path: "\(station.repository)/\(Journal.directory)/house.lock", flags: O_RDWR | O_CREAT)
    defer { _ = lock.raw }
    guard lock.tryLock() else { return }
    sweep()
    prune()
    guard looseEstimate() >= Self.looseObjects || count(in: "pack", suffix: ".pack") >= Self.packs else { return }
    let begun = Clock.milliseconds()
    // A pack stays as it is while it has twice the objects of all smaller ones together; those become one.
    try keep("repack", "--geometric=2", "-d", "-q")
    try keep("commit-graph", "write", "--split", "--reachable", "--changed-paths", "--no-progress")
    let took = Clock.milliseconds() - begun
    log.say("housekeeping", "objects packed, \(took) ms", milliseconds: took)
  }

  /// Lets go of what compaction has put into bundles, once nobody can be in the middle of a push that needs it.
  private func prune() {
    let path = "\(station.repository)/\(Compaction.marker)"
    var info = stat()
    guard lstat(path, &info) == 0, info.st_mtim.tv_sec + Self.pruneAge < time(nil) else { return }
    let expiry = "\(Self.pruneAge).seconds.ago"
    do throws(Rejection) {
      try station.git.run(["repack", "-a", "-d", "-q", "--unpack-unreachable=\(expiry)"]).check("git repack")
      try station.git.run(["prune", "--expire=\(expiry)"]).check("git prune")
      unlink(path)
      log.say("housekeeping", "what went into bundles is gone from the repository")
    } catch {
      log.say("housekeeping", error.message)
    }
  }

  private func keep(_ arguments: String...) throws(Rejection) {
    let answer = try station.git.run(["-c", "core.hooksPath=/dev/null"] + arguments)
    do throws(Rejection) {
      try answer.check("git \(arguments[0])")
    } catch {
      log.say("housekeeping", error.message)
    }
  }

  private var objects: String { "\(station.repository)/objects" }

  private func looseEstimate() -> Int {
    let sample = Self.sampledFolders.reduce(0) { $0 + IO.names(in: "\(objects)/\($1)").count }
    return sample * 256 / Self.sampledFolders.count
  }

  private func count(in folder: String, suffix: String) -> Int {
    IO.names(in: "\(objects)/\(folder)").count { $0.hasSuffix(suffix) }
  }

  /// Removes quarantines, temporary files and locks that a kill or a power cut has left.
  private func sweep() {
    let end = time(nil) - Self.leftoverAge
    let ours = "\(station.repository)/\(Journal.directory)"
    for folder in [
      objects, "\(objects)/pack", "\(objects)/info", "\(objects)/info/commit-graphs", ours,
      "\(ours)/\(Compaction.folder)",
    ] {
      for name in IO.names(in: folder) where Self.isLeftover(name) || (folder != ours && name.hasSuffix(".lock")) {
        let path = "\(folder)/\(name)"
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mtim.tv_sec < end else { continue }
        log.say("housekeeping", "removing \(path), left by a push that was cut off")
        FileTree.remove(path)
      }
    }
  }

  /// The names git gives to quarantines and to files that are not whole yet, and ours.
  private static func isLeftover(_ name: String) -> Bool {
    name.hasPrefix("tmp_") || name.hasPrefix("incoming-") || name.hasPrefix(".tmp-") || name.hasSuffix(".kv-new")
  }
}
