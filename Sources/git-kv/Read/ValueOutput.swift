import Glibc
import KVShared

/// Where the bytes of a value go: standard output, or a file that appears whole or not at all.
struct ValueOutput {
  private let file: UnlinkedFile?
  private let path: String

  /// - Parameter path: nil for standard output. Throws `.io` for a place that no file can take.
  init(path: String?) throws(Rejection) {
    guard let path else {
      self.path = "standard output"
      file = nil
      return
    }
    // A file behind a link is replaced, not the link.
    var target = path
    if let real = realpath(path, nil) {
      target = String(cString: real)
      free(real)
      guard IO.isRegularFile(target) else { throw .io("\(path.quoted) is not a regular file") }
    }
    self.path = target
    let slash = target.lastIndex(of: "/")
    file = try UnlinkedFile(in: slash.map { String(target[...$0]) } ?? ".", mode: 0o666)
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
