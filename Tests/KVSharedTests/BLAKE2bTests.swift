import KVShared
import Testing

struct BLAKE2bTests {
  /// RFC 7693, appendix A.
  static let abc =
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func abcVector() {
    #expect(Self.hex(BLAKE2b.hash(Array("abc".utf8))) == Self.abc)
  }

  /// As `b2sum -l 256` prints it: a shorter hash is no prefix of the long one.
  @Test func shorterLength() {
    let expected = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
    #expect(Self.hex(BLAKE2b.hash(Array("abc".utf8), length: 32)) == expected)
  }

  @Test func empty() {
    let expected =
      "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
      + "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"
    #expect(Self.hex(BLAKE2b.hash([])) == expected)
    #expect(Self.hex(BLAKE2b().finalize()) == expected)
  }

  @Test(arguments: [1, 63, 64, 127, 128, 129, 1000]) func streaming(step: Int) {
    let input = (0..<1000).map { UInt8($0 % 251) }
    var hash = BLAKE2b(length: 48)
    for start in stride(from: 0, to: input.count, by: step) {
      hash.update(Array(input[start..<min(start + step, input.count)]))
      _ = hash.finalize()
    }
    #expect(hash.finalize() == BLAKE2b.hash(input, length: 48))
  }
}
