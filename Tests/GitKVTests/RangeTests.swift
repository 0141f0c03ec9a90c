import KVShared
import Testing

@testable import git_kv

@Suite struct RangeTests {
  @Test(arguments: [
    ("0-0", 0..<1), ("0-99", 0..<10), ("3-", 3..<10), ("-4", 6..<10), ("-40", 0..<10), ("9-9", 9..<10),
    ("2-9223372036854775807", 2..<10),
  ]) func resolves(text: String, range: Range<Int>) throws {
    #expect(try ByteRange(text).resolve(size: 10, of: Key("k")) == range)
  }

  @Test(arguments: [
    "", "-", "5", "5-3", "a-b", "1-2-3", "-0x1", "+1-2", "01-2", "1–2", " 1-2", "99999999999999999999-",
  ])
  func malformed(text: String) {
    #expect(throws: Rejection.self) { try ByteRange(text) }
  }

  @Test(arguments: [("10-", 10), ("0-", 0), ("-0", 10), ("-5", 0), ("12-14", 10)])
  func beyondTheEnd(text: String, size: Int) throws {
    let range = try ByteRange(text)
    #expect(throws: Rejection.self) { try range.resolve(size: size, of: Key("k")) }
  }

  @Test func meter() {
    #expect(ByteMeter.size(1023) == "1023 B")
    #expect(ByteMeter.size(1536) == "1.5 KiB")
    #expect(ByteMeter.size(3 << 30) == "3.0 GiB")
    #expect(
      ByteMeter.line("storing k", done: 512 << 20, total: 2 << 30, seconds: 2)
        == "storing k: 25% 512.0 MiB of 2.0 GiB, 256.0 MiB/s, 0:06 left")
    #expect(ByteMeter.line("storing k", done: 5 << 20, total: nil, seconds: 2) == "storing k: 5.0 MiB, 2.5 MiB/s")
    #expect(ByteMeter.line("x", done: 0, total: 100, seconds: 1).hasSuffix("left"))
  }
}
