import Glibc

/// An instant in whole seconds, written as RFC 3339 UTC: `2026-11-23T10:00:00Z`, years 1970 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00Z.
  public let seconds: Int64

  /// 9999-12-31T23:59:59Z.
  public static let last = Timestamp(seconds: 253_402_300_799)

  public init(seconds: Int64) { self.seconds = seconds }

  /// Reads the clock; the variable `KV_NOW` (an instant as above) stands in for it, for tests.
  public static func now() -> Timestamp {
    if let fixed = getenv("KV_NOW").flatMap({ Timestamp(String(cString: $0)) }) { return fixed }
    return Timestamp(seconds: Int64(time(nil)))
  }

  /// Returns nil for any other spelling than `YYYY-MM-DDTHH:MM:SSZ` and for dates that do not exist.
  public init?(_ text: String) {
    let b = Array(text.utf8)
    guard b.count == 20 else { return nil }
    for (at, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z")] as [(Int, Unicode.Scalar)]
    where b[at] != UInt8(ascii: mark) { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for at in range {
        guard b[at].isDigit else { return nil }
        value = value * 10 + Int64(b[at] - 0x30)
      }
      return value
    }
    guard let y = number(0..<4), let m = number(5..<7), let d = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), y >= 1970, (1...12).contains(m), d >= 1, hour < 24,
      minute < 60, second < 60
    else { return nil }
    let days = Self.days(y, m, d)
    guard Self.civil(days) == (y, m, d) else { return nil }
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
  }

  public var description: String {
    let days = seconds / 86400
    let rest = seconds % 86400
    let (y, m, d) = Self.civil(days)
    func pad(_ value: Int64, _ width: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(pad(y, 4))-\(pad(m))-\(pad(d))T\(pad(rest / 3600)):\(pad(rest / 60 % 60)):\(pad(rest % 60))Z"
  }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.seconds < b.seconds }

  /// The epoch label of the quarter this instant lies in, `2026Q4`.
  public var quarter: String {
    let (y, m, _) = Self.civil(seconds / 86400)
    return "\(y)Q\((m + 2) / 3)"
  }

  // Days from and to the civil calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func days(_ y: Int64, _ m: Int64, _ d: Int64) -> Int64 {
    let year = m <= 2 ? y - 1 : y
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1
    return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
  }

  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719468
    let era = z / 146097
    let dayOfEra = z - era * 146097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let month = mp < 10 ? mp + 3 : mp - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1)
  }
}
