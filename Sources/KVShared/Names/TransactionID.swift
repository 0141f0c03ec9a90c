import Glibc

/// The id of a transaction: a ULID (26 characters of Crockford base 32; 48 bits of milliseconds, then 80 random bits).
public struct TransactionID: Hashable, Sendable, CustomStringConvertible {
  public let text: String
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Returns nil unless the text is a ULID in canonical upper case.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 26, bytes[0] <= UInt8(ascii: "7"), bytes.allSatisfy(Self.alphabet.contains) else { return nil }
    self.text = text
  }

  /// Makes a new id.
  /// - Parameter milliseconds: since 1970 UTC; only the low 48 bits count.
  public init(milliseconds: UInt64, random: (UInt16, UInt64)) {
    var value = UInt128(milliseconds & 0xffff_ffff_ffff) << 80 | UInt128(random.0) << 64 | UInt128(random.1)
    var out = [UInt8](repeating: 0, count: 26)
    for at in out.indices.reversed() {
      out[at] = Self.alphabet[Int(value & 31)]
      value >>= 5
    }
    text = String(decoding: out, as: UTF8.self)
  }

  /// Makes a new id from the clock and the system's random numbers.
  public static func fresh() -> TransactionID {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return TransactionID(
      milliseconds: UInt64(clamping: now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000,
      random: (.random(in: .min ... .max), .random(in: .min ... .max)))
  }

  /// When it was made, by its maker's clock: milliseconds since 1970 UTC.
  public var milliseconds: UInt64 {
    text.utf8.prefix(10).reduce(0) { $0 << 5 | UInt64(Self.alphabet.firstIndex(of: $1) ?? 0) }
  }

  public var description: String { text }
}
