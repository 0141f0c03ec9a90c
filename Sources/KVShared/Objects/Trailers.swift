/// One `Name: value` line of a message's last paragraph.
public struct Trailer: Equatable, Sendable {
  public let name: String
  public let value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  /// Parses a trailer a user gave. Throws `.usage` for a malformed one and for a name that belongs to us.
  public init(userLine line: String) throws(Rejection) {
    guard let trailer = Trailer(line: line[...]) else {
      throw .usage("malformed trailer \(line.quoted)", hint: "write it as 'Name: value'")
    }
    guard !trailer.isReserved, trailer.name.lowercased() != LedgerTrailers.expectTree.lowercased() else {
      throw .usage("trailer \(trailer.name.quoted) is written by git kv itself")
    }
    self = trailer
  }

  /// `Name: value`, the name `[A-Za-z][A-Za-z0-9-]*`, one space, a value without control characters or outer spaces.
  init?(line: Substring) {
    guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = line[..<colon]
    let rest = line[line.utf8.index(after: colon)...]
    guard let first = name.utf8.first, first.isAlphanumeric, !first.isDigit,
      name.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") }), rest.utf8.first == UInt8(ascii: " ")
    else { return nil }
    let value = rest.dropFirst()
    guard let head = value.utf8.first, let tail = value.utf8.last, head != UInt8(ascii: " "),
      tail != UInt8(ascii: " "), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
    else { return nil }
    self.name = String(name)
    self.value = String(value)
  }

  /// Whether the name, in any case, is one of the protocol's.
  var isReserved: Bool {
    let lower = name.lowercased()
    return lower.hasPrefix("kv-") || Self.reserved.contains(lower)
  }

  private static let reserved: Set<String> = [
    "base-tree", "epoch", "keys-set", "keys-del", "parent-epoch", "parent-epoch-ledger", "parent-epoch-index",
  ]
}

/// A transaction commit's message: free text, then one paragraph of trailers, ours first.
public struct TrailerBlock: Sendable {
  /// Subject and body, without the newlines that end them.
  public let text: String
  public let trailers: [Trailer]

  /// Parses strictly: a text, a blank line, and a last paragraph of well-formed trailers that ends the message with one newline.
  public init?(message: String) {
    guard message.utf8.last == UInt8(ascii: "\n") else { return nil }
    let bytes = Array(message.utf8.dropLast())
    let newline = UInt8(ascii: "\n")
    var at = bytes.count - 1
    while at > 0, !(bytes[at] == newline && bytes[at - 1] == newline) { at -= 1 }
    guard at > 1 else { return nil }
    text = String(decoding: bytes[..<(at - 1)], as: UTF8.self)
    guard let subject = text.utf8.first, subject != newline, subject != UInt8(ascii: " ") else { return nil }
    var trailers: [Trailer] = []
    for line in bytes[(at + 1)...].split(separator: newline, omittingEmptySubsequences: false) {
      guard let trailer = Trailer(line: Substring(decoding: line, as: UTF8.self)) else { return nil }
      trailers.append(trailer)
    }
    self.trailers = trailers
  }

  public init(text: String, trailers: [Trailer]) {
    self.text = text
    self.trailers = trailers
  }

  public var message: String {
    text + "\n\n" + trailers.map { "\($0.name): \($0.value)\n" }.joined()
  }

  /// Splits off the protocol's trailers, which stand first, in the given order, once each; the rest are the user's.
  /// - Returns: the values in that order and the user's trailers; nil where one is missing, doubled, out of order, or forged further down.
  func take(_ names: [String]) -> (values: [String], extra: [Trailer])? {
    guard trailers.count >= names.count else { return nil }
    for (trailer, name) in zip(trailers, names) where trailer.name != name { return nil }
    let extra = Array(trailers[names.count...])
    guard !extra.contains(where: \.isReserved) else { return nil }
    return (trailers.prefix(names.count).map(\.value), extra)
  }
}
