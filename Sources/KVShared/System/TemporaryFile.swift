import Glibc

/// A file with a name that another program can open, gone when this is.
public final class TemporaryFile {
  public let path: String

  /// Makes it readable to this user alone.
  public init(_ bytes: [UInt8]) throws(Rejection) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/kv-tmp.XXXXXX".utf8CString)
    let raw = mkstemp(&template)
    guard raw >= 0 else { throw .errno("make", "temporary file") }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let file = Descriptor(adopting: raw)
    try IO.write(bytes, to: file.raw, path)
  }

  deinit { unlink(path) }
}
