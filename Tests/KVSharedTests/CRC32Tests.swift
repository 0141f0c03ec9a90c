import KVShared
import Testing

struct CRC32Tests {
  static func sum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  /// The definition, bit by bit.
  static func plain(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { register, byte in
      (0..<8).reduce(register ^ UInt32(byte)) { word, _ in word >> 1 ^ (word & 1 == 0 ? 0 : 0xedb8_8320) }
    }
  }

  @Test func empty() {
    #expect(CRC32().value == 0)
    #expect(Self.sum([]) == 0)
  }

  /// The check value of the catalogues, and what zlib says to 32 equal bytes.
  @Test func knownValues() {
    #expect(Self.sum(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(Self.sum(Array("The quick brown fox jumps over the lazy dog".utf8)) == 0x414f_a339)
    #expect(Self.sum([UInt8](repeating: 0, count: 32)) == 0x190a_55ad)
    #expect(Self.sum([UInt8](repeating: 0xff, count: 32)) == 0xff6c_ab0b)
  }

  @Test func everyShortLength() {
    let bytes = BLAKE3Tests.input(100)
    for length in 0...100 {
      #expect(Self.sum(Array(bytes[..<length])) == Self.plain(Array(bytes[..<length])), "\(length) bytes")
    }
  }

  /// From 8,192 bytes on two halves are summed apart and joined.
  @Test(arguments: [4096, 8191, 8192, 8193, 16_383, 16_384, 16_385, 24_700, 100_000]) func long(length: Int) {
    let bytes = BLAKE3Tests.input(length)
    #expect(Self.sum(bytes) == Self.plain(bytes))
  }

  /// Pieces of any length, so at any address, give the sum of the whole.
  @Test(arguments: [1, 7, 15, 16, 17, 4096, 8191, 8192, 8193, 20_000]) func pieces(step: Int) {
    let bytes = BLAKE3Tests.input(50_000)
    var checksum = CRC32()
    bytes.withUnsafeBytes { whole in
      for start in stride(from: 0, to: whole.count, by: step) {
        checksum.update(UnsafeRawBufferPointer(rebasing: whole[start..<min(start + step, whole.count)]))
        _ = checksum.value
      }
    }
    #expect(checksum.value == Self.plain(bytes))
  }
}
