extension Git {
  /// What refs hold, by name. Throws `.io`.
  /// - Parameter patterns: of `git for-each-ref`; none for all refs.
  public func refs(_ patterns: [String] = []) throws(Rejection) -> [String: ObjectID] {
    let listing = try run(["for-each-ref", "--format=%(objectname) %(refname)"] + patterns).check("listing refs")
    var found: [String: ObjectID] = [:]
    for line in listing.output.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
      guard parts.count == 2, let id = ObjectID(hex: parts[0]) else { continue }
      found[String(decoding: parts[1], as: UTF8.self)] = id
    }
    return found
  }
}
