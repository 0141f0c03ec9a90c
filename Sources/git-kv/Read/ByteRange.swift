import KVShared

/// Which bytes of a value are wanted, in the spelling of RFC 9110 §14.1.1: `0-99`, `100-`, `-20` for the last 20.
struct ByteRange {
  private let first: Int?
  private let last: Int?

  /// Throws `.usage` for anything else.
  init(_ text: String) throws(Rejection) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    func number(_ part: Substring) -> Int? {
      guard let value = Int(part), String(value) == part, value >= 0 else { return nil }
      return value
    }
    guard parts.count == 2, parts.allSatisfy({ $0.isEmpty || number($0) != nil }),
      !(parts[0].isEmpty && parts[1].isEmpty)
    else {
      throw .usage("malformed range \(text.quoted)", hint: "write 0-99, 100-, or -20 for the last 20 bytes")
    }
    first = number(parts[0])
    last = number(parts[1])
    if let first, let last, last < first { throw .usage("range \(text.quoted) ends before it begins") }
  }

  /// The bytes of a value of that size. Throws `.usage` where it has none of them.
  func resolve(size: Int, of key: Key) throws(Rejection) -> Range<Int> {
    let range: Range<Int>
    if let first {
      range = min(first, size)..<min(last.map { $0 < .max ? $0 + 1 : $0 } ?? size, size)
    } else {
      range = max(size - (last ?? 0), 0)..<size
    }
    guard !range.isEmpty else { throw .usage("\(key.description.quoted) has \(size) bytes, none in that range") }
    return range
  }
}
