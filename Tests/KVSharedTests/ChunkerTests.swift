import Crypto
import Testing

@testable import KVShared

struct ChunkerTests {
  /// SHA-256 of 0, 1, 2, … as big-endian 64-bit numbers, one behind the other.
  static func stream(_ length: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length + 32)
    for number in 0..<UInt64((length + 31) / 32) {
      withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: SHA256.hash(data: $0)) }
    }
    return Array(bytes[..<length])
  }

  static let megabyte = stream(1 << 20)

  static func chunker(
    _ min: Int, _ avg: Int, _ max: Int, mode: NamespacePolicy.Chunking.Mode = .fastcdc
  ) -> Chunker {
    var chunking = NamespacePolicy.Chunking()
    (chunking.mode, chunking.min, chunking.avg, chunking.max) = (mode, min, avg, max)
    return Chunker(chunking)
  }

  /// The lengths of all chunks; with a `window`, the chunker sees no more bytes than that at once.
  static func cuts(_ bytes: [UInt8], _ chunker: Chunker, window: Int = .max) -> [Int] {
    bytes.withUnsafeBytes { whole in
      var lengths: [Int] = []
      var at = 0
      while at < whole.count {
        let seen = whole[at..<at + min(whole.count - at, window)]
        let length = chunker.cut(UnsafeRawBufferPointer(rebasing: seen))
        guard length > 0 else { break }
        lengths.append(length)
        at += length
      }
      return lengths
    }
  }

  @Test func gearTable() {
    let expected = (0..<256 as Range<Int>).map { byte in
      Insecure.MD5.hash(data: [UInt8](repeating: UInt8(byte), count: 64)).prefix(8).reduce(UInt64(0)) { word, byte in
        word << 8 | UInt64(byte)
      }
    }
    #expect(expected[0] == 0x3b5d_3c7d_207e_37dc)
    #expect(GearTable.words == expected)
  }

  /// What the `fastcdc` crate cuts, v2020 at normalization level 1.
  @Test func goldenVectors() {
    #expect(
      Self.cuts(Array(Self.megabyte[..<(256 << 10)]), Self.chunker(4096, 16_384, 65_535)) == [
        27_247, 18_376, 41_183, 20_403, 29_221, 20_651, 39_606, 15_969, 23_994, 4644, 18_327, 2523,
      ])
    #expect(
      Self.cuts(Self.megabyte, Self.chunker(16_384, 65_536, 262_144)) == [
        88_202, 124_454, 46_965, 40_748, 56_506, 130_583, 93_096, 44_889, 46_160, 108_839, 23_497, 47_676, 153_495,
        43_466,
      ])
    let zeros = [UInt8](repeating: 0, count: 10_240)
    #expect(Self.cuts(zeros, Self.chunker(64, 256, 1024)) == [Int](repeating: 1024, count: 10))
  }

  /// Whole and short inputs at sizes of all kinds; log2 of `avg` is rounded up from 91, 182, 1449, 5793, 11,586, 23,171
  /// and 92,682 on. What the crate cuts is here as the number of chunks and the CRC-32 of their lengths in text.
  @Test(
    arguments: [
      (64, 64, 64, 8210, 0x152a_af64), (64, 64, 65, 8082, 0x9c92_f6e0), (64, 90, 301, 4702, 0x9d98_fe6b),
      (64, 181, 1023, 2644, 0xa672_b302), (64, 182, 1023, 1940, 0x266e_6fe1), (64, 1448, 3001, 430, 0xe8af_dbc1),
      (64, 1449, 3001, 300, 0x440c_b81a), (101, 1449, 1449, 422, 0x06a2_017b), (1023, 4097, 16_385, 138, 0xc1cc_20e8),
      (1023, 5792, 16_385, 122, 0x2a6d_611b), (1023, 5793, 16_385, 92, 0x6293_c652),
      (64, 11_585, 65_535, 114, 0x54e8_a525), (65, 11_586, 65_535, 54, 0x464a_1222),
      (4097, 16_385, 65_537, 44, 0xf527_0529), (999, 23_170, 131_071, 54, 0x2a10_adfe),
      (999, 23_171, 131_071, 42, 0xd64f_4f27), (9999, 92_681, 200_001, 20, 0x663d_0c8e),
      (9999, 92_682, 200_001, 18, 0xeb46_d5a9), (65_537, 131_071, 262_145, 20, 0xdf01_09a5),
    ] as [(Int, Int, Int, Int, UInt32)]) func goldenSums(min: Int, avg: Int, max: Int, count: Int, sum: UInt32)
  {
    let chunker = Self.chunker(min, avg, max)
    let whole = 256 << 10
    let beside = [min, avg, max].flatMap { size in (-1...2).map { Swift.min(size + $0, whole) } }
    let all = ([whole, whole - 1] + beside).map { Self.cuts(Array(Self.megabyte[..<$0]), chunker) }
    #expect(all.reduce(0) { $0 + $1.count } == count)
    let text = all.map { $0.map(String.init).joined(separator: " ") }.joined(separator: ";")
    #expect(CRC32Tests.sum(Array(text.utf8)) == sum)
  }

  /// Alone here the crate cuts otherwise: 68, one byte short of `min`.
  @Test func oddMinimum() {
    let chunker = Self.chunker(69, 69, 1001)
    #expect(Self.cuts(Array(Self.megabyte[..<4000]), chunker).prefix(4) == [125, 77, 95, 82])
    #expect(Self.cuts(Self.megabyte, chunker).dropLast().allSatisfy { 69...1001 ~= $0 })
  }

  @Test func masks() {
    #expect(Chunker.masks.map(\.nonzeroBitCount) == Array(5...25))
  }

  /// The buffer needs to hold no more than `max` bytes.
  @Test(arguments: [0, 1, 1000]) func slidingBuffer(more: Int) {
    for (min, avg, max) in [(64, 256, 1024), (4096, 16_384, 65_535), (16_384, 65_536, 262_144)] {
      let chunker = Self.chunker(min, avg, max)
      #expect(Self.cuts(Self.megabyte, chunker, window: max + more) == Self.cuts(Self.megabyte, chunker))
    }
  }

  /// Behind an insertion at the front, all chunks are the old ones again.
  @Test(arguments: [1, 2, 999, 1000, 20_000]) func insertionAtTheFront(length: Int) {
    let chunker = Self.chunker(4096, 16_384, 65_536)
    let old = Self.cuts(Self.megabyte, chunker)
    let new = Self.cuts([UInt8](repeating: 0x5a, count: length) + Self.megabyte, chunker)
    let same = zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count
    #expect(same < old.count)
    #expect(old.dropLast(same).reduce(0, +) < 200_000)
  }

  @Test func shortInputs() {
    let (min, avg, max) = (4096, 16_384, 65_536)
    let zeros = [UInt8](repeating: 0, count: max + 1)
    for mode in NamespacePolicy.Chunking.Mode.allCases {
      let chunker = Self.chunker(min, avg, max, mode: mode)
      #expect(chunker.cut(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
      #expect(Self.cuts([], chunker) == [])
      for length in [1, min - 1, min, min + 1] { #expect(Self.cuts(Array(zeros[..<length]), chunker) == [length]) }
    }
    let chunker = Self.chunker(min, avg, max)
    #expect(Self.cuts(Array(zeros[..<max]), chunker) == [max])
    #expect(Self.cuts(zeros, chunker) == [max, 1])
  }

  /// Bytes behind `min` are hashed in whole pairs: of 64 and 65 bytes none are, of 66 two.
  @Test(arguments: [(4, 64, [64]), (4, 65, [65]), (4, 66, [64, 2]), (56, 65, [65]), (56, 66, [65, 1]), (5, 66, [66])])
  func rest(from start: Int, length: Int, expected: [Int]) {
    let bytes = Array(Self.megabyte[start..<start + length])
    #expect(Self.cuts(bytes, Self.chunker(64, 64, 1024)) == expected)
  }

  @Test func fixedSize() {
    let chunker = Self.chunker(100, 1001, 5000, mode: .fixed)
    for (length, expected) in [(1000, [1000]), (1001, [1001]), (1002, [1001, 1]), (3003, [1001, 1001, 1001])] {
      #expect(Self.cuts(Array(Self.megabyte[..<length]), chunker) == expected)
    }
  }
}
