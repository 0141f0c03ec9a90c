import FoundationEssentials

/// Base 64 as RFC 4648 has it, with padding.
public enum Base64 {
  public static func string(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// Returns nil for anything but base 64 with padding.
  public static func decode(_ text: String) -> [UInt8]? { Data(base64Encoded: text).map(Array.init) }
}
