/// Adler-32, the checksum of a zlib stream (RFC 1950 §8.2): `a` is one more than the sum of all bytes, and `b` the sum
/// of `a` after each byte.
///
/// The bytes are taken in rows of 32, and both sums are kept for each column: that of its bytes, and that of this sum
/// after each row. From these two `b` follows.
public struct Adler32: Sendable {
  /// The largest prime below 65,536.
  private static let modulus: UInt32 = 65_521
  /// Bytes in a row.
  private static let row = 32
  /// The most rows for which a column's sum of sums fits 16 bits: 255 * (1 + 2 + … + 22) < 65,536.
  private static let rows = 22

  private var a: UInt32 = 1
  private var b: UInt32 = 0

  public init() {}

  /// The checksum of all bytes so far; more may be added afterwards.
  public var value: UInt32 { b << 16 | a }

  /// Adds bytes to what is summed.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var at = bytes.baseAddress else { return }
    let end = at + bytes.count
    while end - at >= Self.row {
      let part = min((end - at) / Self.row, Self.rows) * Self.row
      addRows(at, at + part)
      at += part
    }
    while at < end {
      a &+= UInt32(at.load(as: UInt8.self))
      b &+= a
      at += 1
    }
    reduce()
  }

  /// Adds bytes to what is summed.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  private mutating func reduce() {
    a %= Self.modulus
    b %= Self.modulus
  }

  /// Adds whole rows, `rows` of them at the most.
  private mutating func addRows(_ bytes: UnsafeRawPointer, _ end: UnsafeRawPointer) {
    typealias Columns = SIMD16<UInt16>
    var (even, odd, evenSums, oddSums) = (Columns.zero, Columns.zero, Columns.zero, Columns.zero)
    var at = bytes
    while at < end {
      // Two bytes a lane, the lower one first: columns 0, 2, 4, … and 1, 3, 5, …
      let pairs = at.loadUnaligned(as: Columns.self)
      even &+= pairs & Columns(repeating: 0xff)
      odd &+= pairs &>> Columns(repeating: 8)
      evenSums &+= even
      oddSums &+= odd
      at += Self.row
    }
    // A byte's share of `b` is itself times the bytes from it to the end: 32 for each row, less the column it is in.
    b &+= a &* UInt32(end - bytes)
    for lane in 0..<16 {
      let (left, right) = (UInt32(even[lane]), UInt32(odd[lane]))
      let sums = UInt32(evenSums[lane]) &+ UInt32(oddSums[lane])
      b &+= sums &* UInt32(Self.row) &- UInt32(2 &* lane) &* (left &+ right) &- right
      a &+= left &+ right
    }
    reduce()
  }
}
