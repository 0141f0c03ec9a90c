import Glibc
import KVShared

/// The folder that keeps the values in chunks beside a snapshot, each in a file named by the digits of its etag.
struct ValuesFolder {
  let path: String

  /// The name of a value's file.
  static func name(of etag: ETag) -> String { String(etag.text.drop { $0 != ":" }.dropFirst()) }

  private func file(_ etag: ETag) -> String { "\(path)/\(Self.name(of: etag))" }

  /// Makes the folder where it is missing.
  func prepare() throws(Rejection) {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw .io("cannot make \(path.quoted): \(String(cString: strerror(errno)))")
    }
  }

  /// Whether the file of a value is there. Throws `.io` for one with other bytes, which is never written over.
  func has(_ etag: ETag) throws(Rejection) -> Bool {
    let name = file(etag)
    var info = stat()
    guard lstat(name, &info) == 0 else { return false }
    guard info.st_mode & S_IFMT == S_IFREG else { throw .io("\(name.quoted) is not a regular file") }
    let input = try ValueInput(path: name)
    var hash = ETag.Hasher(etag.algorithm)
    while true {
      let piece = try input.read(upTo: 1 << 20)
      if piece.isEmpty { break }
      piece.withUnsafeBytes { hash.update($0) }
    }
    guard hash.finalize() == etag else {
      throw .io("\(name.quoted) is there and holds other bytes", hint: "remove it, or give another --values-dir")
    }
    return true
  }

  func output(_ etag: ETag) throws(Rejection) -> ValueOutput { try ValueOutput(path: file(etag)) }

  func input(_ etag: ETag) throws(Rejection) -> ValueInput { try ValueInput(path: file(etag)) }
}
