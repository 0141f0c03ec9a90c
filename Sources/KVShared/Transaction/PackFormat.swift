/// The bytes of a pack stream whose objects are stored without compression.
///
/// Formats: git's gitformat-pack(5); zlib (RFC 1950) around stored blocks (RFC 1951 §3.2.4).
enum PackFormat {
  /// The twelve bytes a pack begins with.
  static func header(count: UInt32) -> [UInt8] { Array("PACK".utf8) + bigEndian(2) + bigEndian(count) }

  static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }

  /// Appends one object: type and size, then the zlib stream.
  static func append(_ kind: ObjectKind, _ content: UnsafeRawBufferPointer, to out: inout [UInt8]) {
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
  static func appendZlib(_ content: UnsafeRawBufferPointer, to out: inout [UInt8]) {
    out.append(contentsOf: [0x78, 0x01])
    var at = 0
    repeat {
      let part = min(content.count - at, 0xffff)
      let length = UInt16(part)
      out.append(at + part == content.count ? 1 : 0)
      withUnsafeBytes(of: length.littleEndian) { out.append(contentsOf: $0) }
      withUnsafeBytes(of: (~length).littleEndian) { out.append(contentsOf: $0) }
      out.append(contentsOf: UnsafeRawBufferPointer(rebasing: content[at..<(at + part)]))
      at += part
    } while at < content.count
    var sum = Adler32()
    sum.update(content)
    out.append(contentsOf: bigEndian(sum.value))
  }
}
