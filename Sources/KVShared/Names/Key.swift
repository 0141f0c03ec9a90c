import Crypto

/// A key: valid UTF-8, 1 to 1,024 bytes, no C0 control character and no DEL.
public struct Key: Hashable, Sendable, CustomStringConvertible {
  public static let maxBytes = 1024

  /// The UTF-8 bytes.
  public let bytes: [UInt8]

  /// Throws `.invalidKey` that says which rule is broken.
  public init(_ text: String) throws(Rejection) { try self.init(bytes: Array(text.utf8)) }

  /// Throws `.invalidKey` that says which rule is broken.
  public init(bytes: [UInt8]) throws(Rejection) {
    guard !bytes.isEmpty else { throw .invalidKey("key is empty") }
    guard bytes.count <= Self.maxBytes else {
      throw .invalidKey("key \(bytes.prefix(40).quoted)… has \(bytes.count) bytes, more than \(Self.maxBytes)")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .invalidKey("key \(bytes.quoted) is not valid UTF-8")
    }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw .invalidKey("key \(bytes.quoted) holds a control character")
    }
    self.bytes = bytes
  }

  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// The key as a file name without suffix: percent-encoding, where only `A-Z a-z 0-9 - _` stand for themselves.
  public var encoded: [UInt8] { PercentEncoding.encode(bytes) }

  /// The two directory names of the key in ledger trees: hex digits 1–2 and 3–4 of SHA-256 of its bytes.
  public var shard: (UInt8, UInt8) {
    var digest = SHA256.hash(data: bytes).makeIterator()
    return (digest.next() ?? 0, digest.next() ?? 0)
  }
}

/// The percent-encoding of file names: upper-case hex, one spelling for every byte string.
public enum PercentEncoding {
  static let upper = Array("0123456789ABCDEF".utf8)

  static func isPlain(_ byte: UInt8) -> Bool {
    byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + bytes.count / 2)
    for byte in bytes {
      if isPlain(byte) {
        out.append(byte)
      } else {
        out.append(UInt8(ascii: "%"))
        out.append(upper[Int(byte >> 4)])
        out.append(upper[Int(byte & 15)])
      }
    }
    return out
  }

  /// Returns nil for anything `encode` would not write: a bare byte that needs escaping, a plain byte escaped, lower-case hex.
  public static func decode(_ name: some Collection<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(name.count)
    var rest = name.makeIterator()
    while let byte = rest.next() {
      if isPlain(byte) {
        out.append(byte)
      } else {
        guard byte == UInt8(ascii: "%"), let high = rest.next().flatMap(upperDigit),
          let low = rest.next().flatMap(upperDigit)
        else { return nil }
        let value = high << 4 | low
        guard !isPlain(value) else { return nil }
        out.append(value)
      }
    }
    return out
  }

  private static func upperDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    default: nil
    }
  }
}
