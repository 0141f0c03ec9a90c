/// The hash that names objects in a repository.
public enum ObjectFormat: String, Sendable {
  case sha1, sha256

  /// Bytes of a raw id: 20 or 32.
  public var rawCount: Int { self == .sha1 ? 20 : 32 }
  /// Digits of a printed id: 40 or 64.
  public var hexCount: Int { rawCount * 2 }
  /// The commit header that carries a signature in this format.
  public var signatureHeader: String { self == .sha1 ? "gpgsig" : "gpgsig-sha256" }

  /// The id of the tree without entries, which git knows without storing it.
  public var emptyTree: ObjectID { ObjectHasher(self).id(.tree, []) }
  /// The id that stands for "no object" where git prints one.
  public var zeroHex: String { String(repeating: "0", count: hexCount) }
}

/// The id of an object that may exist: never the all-zero id.
public struct ObjectID: Hashable, Sendable, CustomStringConvertible {
  private let words: (UInt64, UInt64, UInt64, UInt64)
  public let format: ObjectFormat

  /// Takes 20 or 32 raw bytes; returns nil for another length and for all zeros.
  public init?(raw: some Sequence<UInt8>) {
    var words: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for byte in raw {
      guard count < 32 else { return nil }
      words[count >> 3] = words[count >> 3] << 8 | UInt64(byte)
      count += 1
    }
    switch count {
    case 20: format = .sha1
    case 32: format = .sha256
    default: return nil
    }
    guard words != [0, 0, 0, 0] else { return nil }
    self.words = (words[0], words[1], words[2], words[3])
  }

  init(raw: UnsafeRawBufferPointer, format: ObjectFormat) {
    func word(_ at: Int) -> UInt64 { UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) }
    self.format = format
    switch format {
    case .sha1:
      words = (word(0), word(8), UInt64(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self))), 0)
    case .sha256: words = (word(0), word(8), word(16), word(24))
    }
  }

  /// Takes 40 or 64 lower-case hex digits; returns nil for anything else and for all zeros.
  public init?(hex: some Collection<UInt8>) {
    guard hex.count == 40 || hex.count == 64 else { return nil }
    var raw: [UInt8] = []
    raw.reserveCapacity(32)
    var digits = hex.makeIterator()
    while let high = digits.next(), let low = digits.next() {
      guard let h = Hex.value(high), let l = Hex.value(low) else { return nil }
      raw.append(h << 4 | l)
    }
    self.init(raw: raw)
  }

  public init?(_ hex: String) { self.init(hex: Array(hex.utf8)) }

  public static func == (a: ObjectID, b: ObjectID) -> Bool { a.words == b.words && a.format == b.format }
  public func hash(into hasher: inout Hasher) {
    // All of it: who chooses ids must not choose collisions.
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// The order of the raw bytes, in which a pack index lists objects.
  func precedes(_ other: ObjectID) -> Bool { words < other.words }

  var firstByte: UInt8 { UInt8(words.0 >> 56) }

  /// Appends the 20 or 32 raw bytes.
  public func appendRaw(to out: inout [UInt8]) {
    func put(_ word: UInt64) { withUnsafeBytes(of: word.bigEndian) { out.append(contentsOf: $0) } }
    put(words.0)
    put(words.1)
    switch format {
    case .sha1: withUnsafeBytes(of: UInt32(truncatingIfNeeded: words.2).bigEndian) { out.append(contentsOf: $0) }
    case .sha256:
      put(words.2)
      put(words.3)
    }
  }

  /// Lower-case hex digits.
  public var hex: String {
    var raw: [UInt8] = []
    raw.reserveCapacity(32)
    appendRaw(to: &raw)
    return Hex.string(raw)
  }

  public var description: String { hex }
}

/// What a ref held before an update.
public enum OldValue: Equatable, Sendable {
  case absent
  case present(ObjectID)

  /// Takes the id as git prints it, all zeros for "no ref"; returns nil for anything else.
  public init?(hex: some Collection<UInt8>) {
    if hex.count == 40 || hex.count == 64, hex.allSatisfy({ $0 == UInt8(ascii: "0") }) {
      self = .absent
    } else if let id = ObjectID(hex: hex) {
      self = .present(id)
    } else {
      return nil
    }
  }

  public var id: ObjectID? {
    if case .present(let id) = self { id } else { nil }
  }
}

/// Lower-case hexadecimal.
public enum Hex {
  static let digits = Array("0123456789abcdef".utf8)

  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  public static func bytes(_ raw: some Collection<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(raw.count * 2)
    for byte in raw {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return out
  }

  public static func string(_ raw: some Collection<UInt8>) -> String { String(decoding: bytes(raw), as: UTF8.self) }

  /// One byte as two digits.
  static func pair(_ byte: UInt8) -> [UInt8] { [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
}
