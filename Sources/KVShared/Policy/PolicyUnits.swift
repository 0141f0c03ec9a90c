/// Sizes and durations as a policy writes them; nil for anything malformed or too large for `Int`.
public enum PolicyUnits {
  /// Reads `4096`, `64KiB`, `1MiB` or `2GiB` as bytes.
  public static func size(_ text: String) -> Int? {
    scaled(text, by: ["": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30])
  }

  /// Reads `30s`, `5m`, `12h` or `365d` as seconds.
  public static func duration(_ text: String) -> Int? {
    scaled(text, by: ["s": 1, "m": 60, "h": 3600, "d": 86_400])
  }

  /// Reads a decimal number without sign or leading zeros.
  static func integer(_ text: String) -> Int? {
    scaled(text, by: ["": 1])
  }

  private static func scaled(_ text: String, by units: [String: Int]) -> Int? {
    let digits = text.utf8.prefix { $0.isDigit }
    let number = String(decoding: digits, as: UTF8.self)
    guard let factor = units[String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)],
      number == "0" || !number.hasPrefix("0"), let count = Int(number)
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}
