import Clibyaml

/// One node of a small YAML tree, with the 1-based line it starts on.
struct YAMLNode: Sendable {
  struct Entry: Sendable {
    let key: String
    let line: Int
    let value: YAMLNode
  }

  enum Content: Sendable {
    case scalar(String, quoted: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
  }

  let content: Content
  let line: Int

  /// What a message calls this node: "a list", "a mapping", "a value", "nothing".
  var kind: String {
    switch content {
    case .scalar("", quoted: false): "nothing"
    case .scalar: "a value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// Reads a stream of one document, and refuses what a policy has no use for:
  /// anchors, aliases, tags, directives, duplicate keys.
  static func parse(_ bytes: [UInt8], file: String) throws(PolicyError) -> YAMLNode {
    guard bytes.count <= YAMLReader.longest else {
      throw PolicyError(file: file, line: 1, message: "file is larger than \(YAMLReader.longest) bytes")
    }
    // libyaml copies nothing: the bytes stay put until the last event.
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(PolicyError) -> YAMLNode in
        var reader = YAMLReader(buffer, file: file)
        return try reader.document()
      }
    }
    return try result.get()
  }
}

/// Pulls libyaml's events and builds nodes; owns the parser and the current event.
private struct YAMLReader: ~Copyable {
  static let longest = 1 << 20
  static let deepest = 16

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let event: UnsafeMutablePointer<yaml_event_t>
  private let input: UnsafeBufferPointer<UInt8>
  private let file: String

  init(_ input: UnsafeBufferPointer<UInt8>, file: String) {
    parser = .allocate(capacity: 1)
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    self.input = input
    self.file = file
    precondition(yaml_parser_initialize(parser) == 1, "out of memory")
    // Without this a byte-order mark would switch libyaml to UTF-16.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_event_delete(event)
    yaml_parser_delete(parser)
    event.deallocate()
    parser.deallocate()
  }

  mutating func document() throws(PolicyError) -> YAMLNode {
    try advance()  // stream start
    try advance()
    guard event.pointee.type == YAML_DOCUMENT_START_EVENT else { throw failure("file is empty") }
    let start = event.pointee.data.document_start
    guard start.version_directive == nil, start.tag_directives.start == start.tag_directives.end else {
      throw failure("directives are not allowed")
    }
    try advance()
    let root = try node(depth: 1)
    try advance()  // document end
    try advance()
    guard event.pointee.type == YAML_STREAM_END_EVENT else { throw failure("more than one document") }
    return root
  }

  /// Reads the node that the current event starts, and leaves its last event current.
  private mutating func node(depth: Int) throws(PolicyError) -> YAMLNode {
    guard depth <= Self.deepest else { throw failure("nested deeper than \(Self.deepest) levels") }
    let line = self.line
    switch event.pointee.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.pointee.data.scalar
      try refuse(anchor: scalar.anchor, tag: scalar.tag)
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return YAMLNode(content: .scalar(text, quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE), line: line)
    case YAML_SEQUENCE_START_EVENT:
      try refuse(anchor: event.pointee.data.sequence_start.anchor, tag: event.pointee.data.sequence_start.tag)
      var items: [YAMLNode] = []
      while try advance() != YAML_SEQUENCE_END_EVENT { items.append(try node(depth: depth + 1)) }
      return YAMLNode(content: .sequence(items), line: line)
    case YAML_MAPPING_START_EVENT:
      try refuse(anchor: event.pointee.data.mapping_start.anchor, tag: event.pointee.data.mapping_start.tag)
      var entries: [YAMLNode.Entry] = []
      var seen: Set<String> = []
      while try advance() != YAML_MAPPING_END_EVENT {
        let key = try node(depth: depth + 1)
        guard case .scalar(let name, _) = key.content else { throw failure("key is not a plain word", at: key.line) }
        guard seen.insert(name).inserted else { throw failure("duplicate key '\(name)'", at: key.line) }
        try advance()
        entries.append(.init(key: name, line: key.line, value: try node(depth: depth + 1)))
      }
      return YAMLNode(content: .mapping(entries), line: line)
    case YAML_ALIAS_EVENT:
      throw failure("aliases are not allowed")
    default:
      throw failure("unexpected end of file")
    }
  }

  private var line: Int { event.pointee.start_mark.line + 1 }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?
  ) throws(PolicyError) {
    if anchor != nil { throw failure("anchors are not allowed") }
    if tag != nil { throw failure("tags are not allowed") }
  }

  @discardableResult
  private mutating func advance() throws(PolicyError) -> yaml_event_type_t {
    yaml_event_delete(event)
    guard yaml_parser_parse(parser, event) == 1 else { throw syntaxFailure() }
    return event.pointee.type
  }

  private func failure(_ message: String, at line: Int? = nil) -> PolicyError {
    PolicyError(file: file, line: line ?? self.line, message: message)
  }

  private func syntaxFailure() -> PolicyError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
    // Errors of the byte reader (bad UTF-8, control characters) carry an offset and no line;
    // others may point past the end.
    let line =
      parser.pointee.error == YAML_READER_ERROR
      ? lines(in: input.prefix(parser.pointee.problem_offset))
      : min(parser.pointee.problem_mark.line + 1, lines(in: input[...]))
    return failure(problem, at: line)
  }

  private func lines(in bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    bytes.count { $0 == UInt8(ascii: "\n") } + 1
  }
}
