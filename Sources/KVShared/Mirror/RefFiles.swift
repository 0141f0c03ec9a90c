import Glibc

/// The files in which git keeps refs, where a kill or a power cut has left something in git's way.
struct RefFiles {
  private let repository: String

  init(_ repository: String) { self.repository = repository }

  /// Seconds after which nobody holds a lock on a ref any more: git has it while it writes some files and asks a hook.
  private static let lockAge = 10

  /// Whether a push is moving refs of ours right now. Git locks all of them before it moves the first.
  var areMoving: Bool {
    MirrorRefs.kinds.contains { kind in
      let folder = "\(repository)/refs/\(kind)"
      return kind != "kv-watchlog"
        && IO.names(in: folder).contains { $0.hasSuffix(".lock") && !Self.isStale("\(folder)/\($0)") }
    }
  }

  /// Waits for locks, takes away those that nobody holds, and files that name no object.
  /// - Parameter names: of refs that the caller alone moves.
  /// - Returns: whether there was anything.
  func clear(_ names: [String]) -> Bool {
    var cleared = false
    for path in names.map({ "\(repository)/\($0)" }) {
      let lock = "\(path).lock"
      while access(lock, F_OK) == 0 {
        cleared = true
        guard Self.isStale(lock) else {
          usleep(100_000)
          continue
        }
        guard unlink(lock) == 0 else { break }
      }
      guard let bytes = try? IO.readFile(path, limit: 4096), !Self.isRef(bytes) else { continue }
      if unlink(path) == 0 { cleared = true }
    }
    return cleared
  }

  private static func isStale(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0 && abs(info.st_mtim.tv_sec - time(nil)) > lockAge
  }

  private static func isRef(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: "ref: ".utf8) || ObjectID(hex: bytes.prefix { $0 != UInt8(ascii: "\n") }) != nil
  }
}
