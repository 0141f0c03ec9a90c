/// The bytes of a pack stream whose objects are stored without compression.
///
/// Formats: git's gitformat-pack(5); zlib (RFC 1950) around stored blocks (RFC 1951 §3.2.4).
enum PackFormat {
  /// The twelve bytes a pack begins with.
  static func header(count: UInt32) -> [UInt8] { Array("PACK".utf8) + bigEndian(2) + bigEndian(count) }

  static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }

  /// Appends one object: type and size, then the zlib stream.
  static func append(_ kind: ObjectKind, _ content: [UInt8], to out: inout [UInt8]) {
    let type: UInt8 =
      switch kind {
      case .commit: 1
      case .tree: 2
      case .blob: 3
      case .tag: 4
      }
    var size = content.count >> 4
    var byte = type << 4 | UInt8(content.count & 15)
    while size > 0 {
      out.append(byte | 0x80)
      byte = UInt8(size & 0x7f)
      size >>= 7
    }
    out.append(byte)
    appendZlib(content, to: &out)
  }

  /// Appends a zlib stream of stored blocks.
  static func appendZlib(_ content: [UInt8], to out: inout [UInt8]) {
    out.append(contentsOf: [0x78, 0x01])
    var at = 0
    repeat {
      let part = min(content.count - at, 0xffff)
      let length = UInt16(part)
      out.append(at + part == content.count ? 1 : 0)
      withUnsafeBytes(of: length.littleEndian) { out.append(contentsOf: $0) }
      withUnsafeBytes(of: (~length).littleEndian) { out.append(contentsOf: $0) }
      out.append(contentsOf: content[at..<(at + part)])
      at += part
    } while at < content.count
    out.append(contentsOf: bigEndian(adler32(content)))
  }

  /// RFC 1950's checksum; sums are reduced every 5,552 bytes, the most that cannot overflow.
  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var a: UInt32 = 1
    var b: UInt32 = 0
    bytes.withUnsafeBufferPointer { buffer in
      var at = 0
      while at < buffer.count {
        let end = min(at + 5552, buffer.count)
        while at < end {
          a &+= UInt32(buffer[at])
          b &+= a
          at += 1
        }
        a %= 65521
        b %= 65521
      }
    }
    return b << 16 | a
  }
}
