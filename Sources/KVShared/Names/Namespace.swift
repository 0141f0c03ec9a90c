/// The name of one key space: `[a-z0-9][a-z0-9_-]{0,63}`.
public struct Namespace: Hashable, Sendable, CustomStringConvertible {
  public let name: String

  /// Returns nil for a name outside `[a-z0-9][a-z0-9_-]{0,63}`.
  public init?(_ name: some StringProtocol) {
    let bytes = name.utf8
    guard (1...64).contains(bytes.count), let first = bytes.first, first.isLowerAlphanumeric,
      bytes.allSatisfy({ $0.isLowerAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
    else { return nil }
    self.name = String(name)
  }

  public var description: String { name }
}

/// The label of an epoch: `[A-Za-z0-9][A-Za-z0-9_-]{0,31}`.
public struct EpochLabel: Hashable, Sendable, CustomStringConvertible {
  public let name: String

  /// Returns nil for a label outside `[A-Za-z0-9][A-Za-z0-9_-]{0,31}`.
  public init?(_ name: some StringProtocol) {
    let bytes = name.utf8
    guard (1...32).contains(bytes.count), let first = bytes.first, first.isAlphanumeric,
      bytes.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
    else { return nil }
    self.name = String(name)
  }

  public var description: String { name }
}

extension UInt8 {
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isLowerAlphanumeric: Bool { isDigit || (0x61...0x7a).contains(self) }
  var isAlphanumeric: Bool { isLowerAlphanumeric || (0x41...0x5a).contains(self) }
}
