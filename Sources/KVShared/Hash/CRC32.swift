/// The CRC-32 of zlib, PNG and pack indexes (RFC 1952 §8): polynomial 0xedb88320, lowest bit first.
///
/// Slicing by 16: a step takes 16 bytes, each through a table of its own. Long input is read at two places at once, as
/// each step waits for the one before it.
public struct CRC32: Sendable {
  private var register: UInt32 = ~0

  public init() {}

  /// The checksum of all bytes so far; more may be added afterwards.
  public var value: UInt32 { ~register }

  /// Adds bytes to what is summed.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var at = bytes.baseAddress else { return }
    let end = at + bytes.count
    Self.tables.withUnsafeBufferPointer { words in
      guard let words = words.baseAddress else { return }
      let tables = Tables(words: words)
      while end - at >= 2 * Self.half {
        register = tables.twoHalves(register, at)
        at += 2 * Self.half
      }
      register = tables.rest(register, at, end)
    }
  }

  /// Adds bytes to what is summed.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Bytes in each of the two pieces that are read at once: 2 to the power of 12.
  private static let half = 4096

  /// Table k, at 256 * k, holds for each byte what is in the register k bytes later.
  private static let tables: [UInt32] = {
    var tables = (0..<256 as Range<UInt32>).map { byte in (0..<8).reduce(byte) { word, _ in timesX(word) } }
    for index in 256..<16 * 256 {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xff)])
    }
    return tables
  }()

  /// x to the power of the 2 to the power of 15 bits in `half`.
  private static let shiftByHalf = (0..<15).reduce(timesX(1 << 31)) { power, _ in product(power, power) }

  /// The product of a polynomial and x, modulo the CRC's; the highest bit is x to the power of 0.
  @inline(__always)
  private static func timesX(_ word: UInt32) -> UInt32 { word >> 1 ^ (0 &- (word & 1)) & 0xedb8_8320 }

  private static func product(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var (left, right, sum) = (left, right, UInt32(0))
    while left != 0 {
      sum ^= (0 &- left >> 31) & right
      left &<<= 1
      right = timesX(right)
    }
    return sum
  }
}

extension CRC32 {
  private struct Tables {
    let words: UnsafePointer<UInt32>

    /// Returns the register after twice `half` bytes, summed separately and then joined.
    @inline(never)
    func twoHalves(_ register: UInt32, _ bytes: UnsafeRawPointer) -> UInt32 {
      var (first, second) = (register, UInt32(0))
      var at = bytes
      let end = bytes + CRC32.half
      while at < end {
        first = step(first, at)
        second = step(second, at + CRC32.half)
        at += 16
      }
      return CRC32.product(CRC32.shiftByHalf, first) ^ second
    }

    @inline(never)
    func rest(_ register: UInt32, _ bytes: UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt32 {
      var register = register
      var at = bytes
      while end - at >= 16 {
        register = step(register, at)
        at += 16
      }
      while at < end {
        register = register >> 8 ^ words[Int(UInt8(truncatingIfNeeded: register) ^ at.load(as: UInt8.self))]
        at += 1
      }
      return register
    }

    @inline(__always)
    private func step(_ register: UInt32, _ at: UnsafeRawPointer) -> UInt32 {
      let low = UInt64(littleEndian: at.loadUnaligned(as: UInt64.self)) ^ UInt64(register)
      let high = UInt64(littleEndian: (at + 8).loadUnaligned(as: UInt64.self))
      return eight(low, table: 15) ^ eight(high, table: 7)
    }

    /// The sum over eight bytes, the lowest of them through the given table.
    @inline(__always)
    private func eight(_ bytes: UInt64, table: Int) -> UInt32 {
      let a = word(bytes, table) ^ word(bytes &>> 8, table &- 1)
      let b = word(bytes &>> 16, table &- 2) ^ word(bytes &>> 24, table &- 3)
      let c = word(bytes &>> 32, table &- 4) ^ word(bytes &>> 40, table &- 5)
      let d = word(bytes &>> 48, table &- 6) ^ word(bytes &>> 56, table &- 7)
      return a ^ b ^ (c ^ d)
    }

    @inline(__always)
    private func word(_ bytes: UInt64, _ table: Int) -> UInt32 { words[table &* 256 &+ Int(bytes & 0xff)] }
  }
}
