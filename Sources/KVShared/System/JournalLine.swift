/// One line of the journal: a record and a checksum over the rest of the line.
struct Sealed<Body: Codable>: Codable {
  let body: Body
  /// BLAKE2b-256 of the body's canonical JSON without its final newline, in hex.
  private let sum: String

  private enum Keys: String, CodingKey { case sum }

  init(_ body: Body) {
    self.body = body
    sum = Self.sum(body)
  }

  init(from decoder: any Decoder) throws {
    body = try Body(from: decoder)
    sum = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .sum)
  }

  func encode(to encoder: any Encoder) throws {
    try body.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(sum, forKey: .sum)
  }

  /// The line with its newline.
  var line: [UInt8] { CanonicalJSON.encode(self) }

  /// Reads a line without its newline; nil for one that is not canonical or whose checksum is wrong.
  static func read(_ line: [UInt8]) -> Body? {
    guard let sealed = CanonicalJSON.decode(Self.self, line + [UInt8(ascii: "\n")]),
      sealed.sum == sum(sealed.body)
    else { return nil }
    return sealed.body
  }

  private static func sum(_ body: Body) -> String { Hex.string(BLAKE2b.hash(CanonicalJSON.line(body), length: 32)) }
}
