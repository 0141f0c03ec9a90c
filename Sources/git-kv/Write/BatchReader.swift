import FoundationEssentials
import KVShared

/// Reads the JSON Lines of `mset`.
struct BatchReader {
  /// One operation.
  private struct Line: Decodable {
    let op: String
    let key: String
    let value: String?
    let valueBase64: String?
    let file: String?
    let ctype: String?
    let ttl: String?

    static let names: Set<String> = ["op", "key", "value", "value_b64", "file", "ctype", "ttl"]

    private struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Name.self)
      if let stranger = fields.allKeys.first(where: { !Self.names.contains($0.stringValue) }) {
        throw Rejection.usage("unknown field \(stranger.stringValue.quoted)")
      }
      func text(_ name: String) throws -> String? {
        try fields.decodeIfPresent(String.self, forKey: Name(stringValue: name))
      }
      guard let op = try text("op") else { throw Rejection.usage("the field 'op' is missing") }
      guard let key = try text("key") else { throw Rejection.usage("the field 'key' is missing") }
      self.op = op
      self.key = key
      value = try text("value")
      valueBase64 = try text("value_b64")
      file = try text("file")
      ctype = try text("ctype")
      ttl = try text("ttl")
    }
  }

  let writer: ValueWriter
  let name: String

  /// Reads all lines into a draft; the last word on a key counts.
  /// Throws with the number of the line: `.usage` for a malformed one, `.invalidKey`, `.policy`, `.io`.
  func draft(_ bytes: [UInt8], progress: Progress) throws(Rejection) -> Draft {
    var draft = Draft()
    let decoder = JSONDecoder()
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (at, line) in lines.enumerated() where !(line.isEmpty && at == lines.count - 1) {
      progress.show(at, of: lines.count - 1)
      do throws(Rejection) {
        try take(try decode(line, decoder), into: &draft)
      } catch {
        throw error.at(line: at + 1, of: name)
      }
    }
    progress.end()
    return draft
  }

  private func decode(_ line: ArraySlice<UInt8>, _ decoder: JSONDecoder) throws(Rejection) -> Line {
    do {
      return try decoder.decode(Line.self, from: Data(line))
    } catch let error as Rejection {
      throw error
    } catch {
      throw .usage("malformed JSON, or a field of the wrong type")
    }
  }

  private func take(_ line: Line, into draft: inout Draft) throws(Rejection) {
    let key = try Key(line.key)
    switch line.op {
    case "del":
      guard line.value == nil, line.valueBase64 == nil, line.file == nil, line.ctype == nil, line.ttl == nil else {
        throw .usage("a 'del' takes a key alone")
      }
      if draft.edits[key] == nil { draft.mustExist.insert(key) }
      draft.edits[key] = .delete
    case "set":
      let lifetime = try line.ttl.map { (text) throws(Rejection) in try Lifetime(text) }
      draft.edits[key] = try writer.edit(key, try value(line), ctype: line.ctype, lifetime: lifetime)
    default: throw .usage("unknown op \(line.op.quoted)")
    }
  }

  private func value(_ line: Line) throws(Rejection) -> ValueInput {
    switch (line.value, line.valueBase64, line.file) {
    case (let text?, nil, nil): return ValueInput(Array(text.utf8))
    case (nil, let encoded?, nil):
      guard let bytes = Base64.decode(encoded) else { throw .usage("the field 'value_b64' is not base 64") }
      return ValueInput(bytes)
    case (nil, nil, let path?): return try ValueInput(path: path)
    default: throw .usage("a 'set' takes one of 'value', 'value_b64' and 'file'")
    }
  }
}

extension Rejection {
  /// The same, with the place in a batch.
  fileprivate func at(line: Int, of file: String) -> Rejection {
    let place = "\(file):\(line): "
    switch self {
    case .invalidKey(let text): return .invalidKey(place + text)
    case .policy(let text, let hint): return .policy(place + text, hint: hint)
    case .io(let text, let hint): return .io(place + text, hint: hint)
    case .usage(let text, let hint): return .usage(place + text, hint: hint)
    default: return self
    }
  }
}
