import KVShared

/// How long a value lives: `30d`, or until an instant.
enum Lifetime {
  case seconds(Int64)
  case until(Timestamp)

  /// Throws `.usage` for anything but a duration (`s m h d`) or an RFC 3339 UTC instant.
  init(_ text: String) throws(Rejection) {
    if let instant = Timestamp(text) {
      self = .until(instant)
      return
    }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count > 0,
      String(count) == text.dropLast(), case (let seconds, let overflow) = count.multipliedReportingOverflow(by: unit),
      !overflow
    else {
      throw .usage(
        "malformed ttl \(text.quoted)",
        hint: "write a duration as 90s, 15m, 12h or 30d, or an instant as 2026-12-31T00:00:00Z")
    }
    self = .seconds(seconds)
  }
}

extension Timestamp {
  /// Later by some seconds, at most the last instant that can be written.
  func adding(_ more: Int64) -> Timestamp {
    let (sum, overflow) = seconds.addingReportingOverflow(more)
    return overflow || sum > Timestamp.last.seconds ? .last : Timestamp(seconds: sum)
  }
}
