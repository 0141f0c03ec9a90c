public import Glibc

/// A file that gets its name only when it is whole: a crash before that leaves nothing.
///
/// Where the file system knows no unnamed files (`O_TMPFILE`), it stands under a temporary name meanwhile.
public final class UnlinkedFile {
  private let file: Descriptor
  private let temporary: String?

  public var raw: Int32 { file.raw }

  // O_TMPFILE of Linux, which glibc's header composes in a way Swift does not import.
  private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

  /// Opens a new file for reading and writing.
  /// - Parameter directory: where it will be linked; must be there.
  public init(in directory: String, mode: mode_t) throws(Rejection) {
    let fd = open(directory, Self.unnamed | O_RDWR | O_CLOEXEC, mode)
    if fd >= 0 {
      file = Descriptor(adopting: fd)
      temporary = nil
      return
    }
    guard errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL else { throw .errno("write in", directory) }
    // The prefix is git's own, so that `git gc` prunes what a crash leaves.
    let name = "\(directory)/tmp_kv_\(getpid())_\(UInt32.random(in: 0 ... .max))"
    file = try Descriptor(path: name, flags: O_RDWR | O_CREAT | O_EXCL, mode: mode)
    temporary = name
  }

  deinit {
    if let temporary { unlink(temporary) }
  }

  /// Makes what was written durable.
  public func sync() throws(Rejection) { try file.sync() }

  /// Gives the file its name; returns false where a file has that name already.
  @discardableResult
  public func link(to path: String) throws(Rejection) -> Bool {
    let source = temporary ?? "/proc/self/fd/\(file.raw)"
    if linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return true }
    guard errno == EEXIST else { throw .errno("link", path) }
    return false
  }

  /// Gives the file its name, in place of a file that has it, and makes that durable.
  public func replace(_ path: String) throws(Rejection) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "./"
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let step = "\(folder).\(name).kv-new"
    let directory = try Descriptor(path: folder, flags: O_RDONLY | O_DIRECTORY)
    // Replacers take turns where the file system knows locks. One name for each target: what a crash between link and
    // rename leaves is taken away by the next one.
    try? directory.lock(exclusive: true)
    unlink(step)
    guard try link(to: step) else { throw .io("another program is replacing \(path.quoted)") }
    guard rename(step, path) == 0 else {
      let failure = Rejection.errno("rename", step)
      unlink(step)
      throw failure
    }
    try directory.sync()
  }
}
