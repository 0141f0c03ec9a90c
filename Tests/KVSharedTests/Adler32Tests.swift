import KVShared
import Testing

struct Adler32Tests {
  static func sum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = Adler32()
    checksum.update(bytes)
    return checksum.value
  }

  /// RFC 1950's definition, byte by byte.
  static func plain(_ bytes: [UInt8]) -> UInt32 {
    let (a, b) = bytes.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let a = (sums.0 + UInt32(byte)) % 65_521
      return (a, (sums.1 + a) % 65_521)
    }
    return b << 16 | a
  }

  @Test func empty() {
    #expect(Adler32().value == 1)
    #expect(Self.sum([]) == 1)
  }

  @Test func knownWord() {
    #expect(Self.sum(Array("Wikipedia".utf8)) == 0x11e6_0398)
  }

  /// The largest sums: 5,552 bytes are the most that 32 bits hold, 704 the most that the columns hold.
  @Test(arguments: [31, 32, 33, 703, 704, 705, 5551, 5552, 5553, 11_104, 11_105, 100_000]) func allOnes(length: Int) {
    let bytes = [UInt8](repeating: 0xff, count: length)
    #expect(Self.sum(bytes) == Self.plain(bytes))
    var after = Adler32()
    after.update(bytes)
    after.update(bytes)
    #expect(after.value == Self.plain(bytes + bytes))
  }

  @Test func everyShortLength() {
    let bytes = BLAKE3Tests.input(1500)
    for length in 0...1500 where Self.sum(Array(bytes[..<length])) != Self.plain(Array(bytes[..<length])) {
      Issue.record("\(length) bytes")
    }
  }

  /// Pieces of any length, so at any address, give the sum of the whole.
  @Test(arguments: [1, 5, 31, 32, 33, 703, 704, 705, 3000]) func pieces(step: Int) {
    let bytes = BLAKE3Tests.input(20_000)
    var checksum = Adler32()
    bytes.withUnsafeBytes { whole in
      for start in stride(from: 0, to: whole.count, by: step) {
        checksum.update(UnsafeRawBufferPointer(rebasing: whole[start..<min(start + step, whole.count)]))
        _ = checksum.value
      }
    }
    #expect(checksum.value == Self.plain(bytes))
  }
}
