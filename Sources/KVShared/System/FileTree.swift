import Glibc

/// Folders of ours that have served.
enum FileTree {
  /// Removes a folder with all it holds, or a file; what is not there is no error.
  static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    for name in IO.names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
