/// A JSON value of the tests: parsed strictly, written canonically (sorted keys, no spaces, slashes as they are).
enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  subscript(_ key: String) -> JSON? {
    if case .object(let fields) = self { fields[key] } else { nil }
  }
  var string: String? { if case .string(let s) = self { s } else { nil } }
  var int: Int? { if case .number(let n) = self { Int(n) } else { nil } }
  var bool: Bool? { if case .bool(let b) = self { b } else { nil } }
  var keys: [String] { if case .object(let f) = self { f.keys.sorted() } else { [] } }

  /// One line of canonical JSON, without the newline.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let b): b ? "true" : "false"
    case .number(let n): n
    case .string(let s): Self.quote(s)
    case .array(let all): "[" + all.map(\.text).joined(separator: ",") + "]"
    case .object(let fields):
      "{" + fields.sorted { $0.key < $1.key }.map { Self.quote($0.key) + ":" + $0.value.text }.joined(separator: ",")
        + "}"
    }
  }

  static func quote(_ s: String) -> String {
    var out = "\""
    for u in s.unicodeScalars {
      switch u {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case "\u{8}": out += "\\b"
      case "\u{c}": out += "\\f"
      case _ where u.value < 0x20: out += "\\u00" + Digest.hex([UInt8(u.value)])
      default: out.unicodeScalars.append(u)
      }
    }
    return out + "\""
  }

  /// The value of exactly this text, or nil; a doubled member name is no JSON here.
  init?(_ bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var parser = Parser(bytes: bytes)
    guard let value = parser.value() else { return nil }
    parser.space()
    guard parser.at == bytes.count else { return nil }
    self = value
  }

  init?(_ text: String) { self.init(Array(text.utf8)) }

  private struct Parser {
    let bytes: [UInt8]
    var at = 0

    mutating func space() { while at < bytes.count, [32, 10, 13, 9].contains(bytes[at]) { at += 1 } }

    mutating func take(_ word: String) -> Bool {
      guard bytes[at...].starts(with: word.utf8) else { return false }
      at += word.utf8.count
      return true
    }

    mutating func value() -> JSON? {
      space()
      guard at < bytes.count else { return nil }
      switch bytes[at] {
      case UInt8(ascii: "n"): return take("null") ? .null : nil
      case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
      case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "["): return list()
      case UInt8(ascii: "{"): return object()
      default:
        let start = at
        while at < bytes.count, "+-0123456789.eE".utf8.contains(bytes[at]) { at += 1 }
        return at > start ? .number(String(decoding: bytes[start..<at], as: UTF8.self)) : nil
      }
    }

    mutating func list() -> JSON? {
      at += 1
      var all: [JSON] = []
      space()
      if take("]") { return .array([]) }
      while let next = value() {
        all.append(next)
        space()
        if take("]") { return .array(all) }
        guard take(",") else { return nil }
      }
      return nil
    }

    mutating func object() -> JSON? {
      at += 1
      var fields: [String: JSON] = [:]
      space()
      if take("}") { return .object([:]) }
      while true {
        space()
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), let name = string() else { return nil }
        space()
        guard take(":"), let next = value(), fields.updateValue(next, forKey: name) == nil else { return nil }
        space()
        if take("}") { return .object(fields) }
        guard take(",") else { return nil }
      }
    }

    mutating func string() -> String? {
      at += 1
      var out: [UInt8] = []
      while at < bytes.count {
        let b = bytes[at]
        at += 1
        if b == UInt8(ascii: "\"") { return String(validating: out, as: UTF8.self) }
        guard b == UInt8(ascii: "\\") else {
          guard b >= 0x20 else { return nil }
          out.append(b)
          continue
        }
        guard at < bytes.count else { return nil }
        let escaped = bytes[at]
        at += 1
        switch escaped {
        case UInt8(ascii: "n"): out.append(10)
        case UInt8(ascii: "t"): out.append(9)
        case UInt8(ascii: "r"): out.append(13)
        case UInt8(ascii: "b"): out.append(8)
        case UInt8(ascii: "f"): out.append(12)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escaped)
        case UInt8(ascii: "u"):
          guard let unit = unit() else { return nil }
          if let scalar = Unicode.Scalar(unit) {
            out += Array(String(Character(scalar)).utf8)
          } else {
            guard take("\\u"), let low = self.unit(), unit < 0xdc00, (0xdc00..<0xe000).contains(low),
              let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + low - 0xdc00)
            else { return nil }
            out += Array(String(Character(scalar)).utf8)
          }
        default: return nil
        }
      }
      return nil
    }

    mutating func unit() -> UInt32? {
      guard at + 4 <= bytes.count else { return nil }
      let digits = String(decoding: bytes[at..<at + 4], as: UTF8.self)
      at += 4
      return UInt32(digits, radix: 16)
    }
  }
}
