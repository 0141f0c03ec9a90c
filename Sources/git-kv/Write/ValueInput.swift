import Glibc
import KVShared

/// The bytes of a value, from wherever they come.
final class ValueInput {
  /// What messages call it.
  let name: String
  /// Bytes, where they are known beforehand.
  let size: Int?
  private let file: Descriptor
  /// Read before, and still to be given out.
  private var front: ArraySlice<UInt8> = []

  /// A value that is all in memory.
  init(_ bytes: [UInt8]) {
    name = "the value"
    size = bytes.count
    front = bytes[...]
    file = Descriptor(adopting: -1)
  }

  /// A file, or `-` for standard input. Throws `.io` for one that cannot be read.
  init(path: String) throws(Rejection) {
    name = path == "-" ? "standard input" : path
    file = path == "-" ? Descriptor(adopting: dup(0)) : try Descriptor(path: path, flags: O_RDONLY)
    var info = stat()
    guard fstat(file.raw, &info) == 0 else { throw .io("cannot read \(name.quoted)") }
    guard info.st_mode & S_IFMT != S_IFDIR else { throw .io("cannot read \(name.quoted): it is a directory") }
    size = path != "-" && info.st_mode & S_IFMT == S_IFREG ? Int(info.st_size) : nil
    posix_fadvise(file.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  /// Reads up to so many bytes, fewer only at the end.
  func read(upTo count: Int) throws(Rejection) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try piece(of: min(count - bytes.count, Self.pieceBytes))
      if bytes.isEmpty { bytes = piece } else { bytes += piece }
      if piece.count < Self.pieceBytes { break }
    }
    return bytes
  }

  /// A limit may be far above what there is: memory is taken by the piece.
  private static let pieceBytes = 2 << 20

  private func piece(of count: Int) throws(Rejection) -> [UInt8] {
    var failure: Rejection?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(Rejection) {
        filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills a buffer and returns how much of it; less than all only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Rejection) -> Int {
    var done = min(front.count, buffer.count)
    buffer.copyBytes(from: front.prefix(done))
    front = front.dropFirst(done)
    while done < buffer.count, file.raw >= 0 {
      let got = Glibc.read(file.raw, buffer.baseAddress! + done, buffer.count - done)
      if got == 0 { break }
      if got < 0 {
        if errno == EINTR { continue }
        throw .io("cannot read \(name.quoted): \(String(cString: strerror(errno)))")
      }
      done += got
    }
    return done
  }

  /// Gives bytes back, to be read again.
  func unread(_ bytes: [UInt8]) { front = bytes[...] + front }
}
