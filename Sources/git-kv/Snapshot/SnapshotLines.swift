import Glibc
import KVShared

/// Reads a snapshot line by line, holding one at a time, and hashes it on the way.
final class SnapshotLines {
  private let input: ValueInput
  private var buffer = [UInt8](repeating: 0, count: 1 << 20)
  /// The part of the buffer that has been read from the file.
  private var filled = 0
  /// Where the next line begins.
  private var next = 0
  /// Where the line that was handed out last begins.
  private var start = 0
  /// Up to where the buffer has been hashed.
  private var hashed = 0
  private var hash = BLAKE3()
  private var number = 0
  /// Bytes that have been read.
  private(set) var bytes = 0

  /// No line of ours is longer: the largest value, each byte of it escaped.
  private static let lineBytes = 1 << 30

  init(_ input: ValueInput) { self.input = input }

  /// Bytes, where they are known beforehand.
  var size: Int? { input.size }

  /// The place of the line that was handed out last.
  var fault: SnapshotFault { SnapshotFault(file: input.name, line: number) }

  /// The next line, with the newline that ends it. Throws `.attestation` where the file ends, or a line has no end.
  func line() throws(Rejection) -> ArraySlice<UInt8> {
    guard let line = try lineOrEnd() else { throw fault("the file ends here, without its last line") }
    return line
  }

  /// The same, and nil at the end of the file.
  func lineOrEnd() throws(Rejection) -> ArraySlice<UInt8>? {
    start = next
    number += 1
    var looked = start
    while true {
      if let end = newline(from: looked) {
        next = end + 1
        return buffer[start..<next]
      }
      let known = filled - start
      guard try refill() else {
        guard known == 0 else { throw fault("the file ends within this line") }
        return nil
      }
      looked = start + known
    }
  }

  /// The hash, in hex, of all bytes up to and including the first so many of the line that was handed out last.
  func digest(throughFirst count: Int) -> String {
    var hash = hash
    buffer[hashed..<(start + count)].withUnsafeBytes { hash.update($0) }
    return Hex.string(hash.finalize())
  }

  private func newline(from: Int) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, from < filled,
        let found = memchr(base + from, Int32(UInt8(ascii: "\n")), filled - from)
      else { return nil }
      return base.distance(to: UnsafeRawPointer(found))
    }
  }

  /// Reads on, with the line that has begun at the front; false at the end of the file.
  private func refill() throws(Rejection) -> Bool {
    if start > hashed { buffer[hashed..<start].withUnsafeBytes { hash.update($0) } }
    buffer.removeSubrange(..<start)
    filled -= start
    (start, hashed) = (0, 0)
    guard filled < Self.lineBytes else { throw fault("this line is longer than \(Self.lineBytes) bytes") }
    buffer += [UInt8](repeating: 0, count: max(1 << 20, filled * 2) - buffer.count)
    var failure: Rejection?
    var got = 0
    buffer.withUnsafeMutableBytes { bytes in
      do throws(Rejection) {
        got = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    filled += got
    bytes += got
    return got > 0
  }
}
