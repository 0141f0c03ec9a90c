import FoundationEssentials

/// The one way our small objects are spelled: sorted keys, no spaces, `/` not escaped, one final newline.
public enum CanonicalJSON {
  private static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()
  private static let decoder = JSONDecoder()

  /// Encodes without the final newline. Our records hold strings, integers, booleans and null alone, which always encode.
  public static func line(_ value: some Encodable) -> [UInt8] {
    guard let data = try? encoder.encode(value) else { preconditionFailure("a record of ours failed to encode") }
    return Array(data)
  }

  public static func encode(_ value: some Encodable) -> [UInt8] { line(value) + [UInt8(ascii: "\n")] }

  /// Decodes what a Stargate has proved to be canonical: the spelling is not looked at again.
  public static func decodeProved<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
    try? decoder.decode(type, from: Data(bytes))
  }

  /// Decodes bytes that are exactly what `encode` writes for the value; nil for anything else.
  public static func decode<Value: Codable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
    guard let value = try? decoder.decode(type, from: Data(bytes)), encode(value) == bytes else { return nil }
    return value
  }
}
