extension Git {
  /// What refs hold, by name. Throws `.io`.
  /// - Parameter patterns: of `git for-each-ref`; none for all refs.
  public func refs(_ patterns: [String] = []) throws(Rejection) -> [String: ObjectID] {
    Self.refs(try run(["for-each-ref", "--format=%(objectname)%09%(refname)"] + patterns).check("listing refs"))
  }

  /// Reads lines of `<id> TAB <name>`, as `git ls-remote` prints them; others are passed over.
  static func refs(_ listing: ChildResult) -> [String: ObjectID] {
    var found: [String: ObjectID] = [:]
    for line in listing.output.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1)
      guard parts.count == 2, let id = ObjectID(hex: parts[0]) else { continue }
      found[String(decoding: parts[1], as: UTF8.self)] = id
    }
    return found
  }
}
