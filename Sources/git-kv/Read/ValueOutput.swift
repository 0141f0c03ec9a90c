import Glibc
import KVShared

/// Where the bytes of a value go: standard output, or a file that appears whole or not at all.
struct ValueOutput {
  private let file: UnlinkedFile?
  private let path: String

  /// - Parameter path: nil or `-` for standard output. Throws `.io` for a place that no file can take.
  init(path: String?) throws(Rejection) {
    guard let path, path != "-" else {
      self.path = "standard output"
      file = nil
      return
    }
    guard !path.isEmpty else { throw .usage("the name of the output file is empty") }
    // A file behind a link is replaced, not the link.
    var target = path
    var mode: mode_t?
    if let real = realpath(path, nil) {
      target = String(cString: real)
      free(real)
      var info = stat()
      guard stat(target, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
        throw .io("\(path.quoted) is not a regular file")
      }
      mode = info.st_mode & 0o777
    }
    self.path = target
    let slash = target.lastIndex(of: "/")
    let file = try UnlinkedFile(in: slash.map { String(target[...$0]) } ?? ".", mode: mode ?? 0o666)
    // The mask is for new files.
    if let mode { fchmod(file.raw, mode) }
    self.file = file
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(Rejection) {
    try IO.write(bytes, to: file?.raw ?? 1, path)
  }

  /// Makes a file durable and gives it its name.
  func finish() throws(Rejection) {
    guard let file else { return }
    try file.sync()
    try file.replace(path)
  }
}
