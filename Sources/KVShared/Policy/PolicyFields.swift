/// The entries of one mapping of the policy, and strict readers for their values; an absent key reads as nil.
struct PolicyFields {
  private let file: String
  private let line: Int
  private let values: [String: YAMLNode]

  /// Refuses a node that is no mapping, and a key that is not in `keys`.
  init(_ node: YAMLNode, of owner: String, keys: [String], file: String) throws(PolicyError) {
    var values: [String: YAMLNode] = [:]
    for entry in try Self.entries(of: node, named: owner, file: file) {
      guard keys.contains(entry.key) else {
        throw PolicyError(file: file, line: entry.line, message: "unknown key '\(entry.key)' in \(owner)")
      }
      values[entry.key] = entry.value
    }
    self.file = file
    self.line = node.line
    self.values = values
  }

  static func entries(of node: YAMLNode, named owner: String, file: String) throws(PolicyError) -> [YAMLNode.Entry] {
    guard case .mapping(let entries) = node.content else {
      throw PolicyError(file: file, line: node.line, message: "\(owner) is not a mapping but \(node.kind)")
    }
    return entries
  }

  static func items(of node: YAMLNode, named owner: String, file: String) throws(PolicyError) -> [YAMLNode] {
    guard case .sequence(let items) = node.content else {
      throw PolicyError(file: file, line: node.line, message: "'\(owner)' is not a list but \(node.kind)")
    }
    return items
  }

  subscript(_ key: String) -> YAMLNode? { values[key] }

  /// Makes an error at the value of `key`, or at the start of the mapping.
  func failure(_ message: String, at key: String? = nil) -> PolicyError {
    PolicyError(file: file, line: key.flatMap { values[$0]?.line } ?? line, message: message)
  }

  func boolean(_ key: String) throws(PolicyError) -> Bool? {
    switch values[key]?.content {
    case nil: nil
    case .scalar("true", quoted: false): true
    case .scalar("false", quoted: false): false
    default: throw failure("'\(key)' is neither true nor false", at: key)
    }
  }

  func signedCommits(_ key: String) throws(PolicyError) -> NamespacePolicy.SignedCommits? {
    switch values[key]?.content {
    case nil: nil
    case .scalar("false", quoted: false): NamespacePolicy.SignedCommits.none
    case .scalar("true", quoted: false): .ledger
    case .scalar("all", _): .all
    default: throw failure("'\(key)' is none of true, false, all", at: key)
    }
  }

  func choice<Choice>(_ key: String) throws(PolicyError) -> Choice?
  where Choice: RawRepresentable<String> & CaseIterable {
    guard let node = values[key] else { return nil }
    guard case .scalar(let text, _) = node.content, let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw failure("'\(key)' is none of \(known)", at: key)
    }
    return choice
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(PolicyError) -> Int? {
    guard let node = values[key] else { return nil }
    guard case .scalar(let text, quoted: false) = node.content, let number = PolicyUnits.integer(text) else {
      throw failure("'\(key)' is not a whole number", at: key)
    }
    guard range.contains(number) else {
      let bounds = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw failure("'\(key)' is \(number), must be \(bounds)", at: key)
    }
    return number
  }

  func size(_ key: String) throws(PolicyError) -> Int? {
    guard let node = values[key] else { return nil }
    guard case .scalar(let text, _) = node.content, let size = PolicyUnits.size(text) else {
      throw failure("'\(key)' is not a size (bytes, or with KiB, MiB, GiB)", at: key)
    }
    return size
  }

  func duration(_ key: String) throws(PolicyError) -> Int? {
    guard let node = values[key] else { return nil }
    guard case .scalar(let text, _) = node.content, let seconds = PolicyUnits.duration(text), seconds > 0 else {
      throw failure("'\(key)' is not a duration (a number above 0 with s, m, h or d)", at: key)
    }
    return seconds
  }

  /// Refuses what git would take for an option, and blanks around it; a path may hold blanks.
  func url(_ key: String) throws(PolicyError) -> String? {
    guard let node = values[key] else { return nil }
    let text = try string(node, named: key)
    guard !text.hasPrefix("-"), !text.hasPrefix(" "), !text.hasSuffix(" "),
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
    else {
      throw failure("'\(key)' is not a url", at: key)
    }
    return text
  }

  func strings(_ key: String) throws(PolicyError) -> [String] {
    guard let node = values[key] else { return [] }
    var strings: [String] = []
    for item in try Self.items(of: node, named: key, file: file) { strings.append(try string(item, named: key)) }
    return strings
  }

  func publicKeys(_ key: String) throws(PolicyError) -> [AuthorizedKey] {
    guard let node = values[key] else { return [] }
    var keys: [AuthorizedKey] = []
    for item in try Self.items(of: node, named: key, file: file) {
      let line = try string(item, named: key)
      do {
        keys.append(try AuthorizedKey.parse(line))
      } catch {
        throw PolicyError(file: file, line: item.line, message: "'\(key)': \(error.message)")
      }
    }
    return keys
  }

  /// Reads a string that is not empty and that YAML would not read as a boolean, a null or a number.
  private func string(_ node: YAMLNode, named key: String) throws(PolicyError) -> String {
    guard case .scalar(let text, let quoted) = node.content, !text.isEmpty else {
      throw PolicyError(file: file, line: node.line, message: "'\(key)' holds \(node.kind), not a string")
    }
    let words = ["true", "false", "null", "~"]
    guard quoted || !(words.contains(text.lowercased()) || Double(text) != nil) else {
      throw PolicyError(file: file, line: node.line, message: "'\(key)' holds '\(text)', not a string; quote it")
    }
    return text
  }
}
