/// A commit object taken apart by the contract's rules: these headers, a subject, and trailers last.
struct RawCommit: Sendable {
  let id: String
  let tree: String
  let trailers: [(String, String)]

  subscript(_ name: String) -> String? { trailers.first { $0.0 == name }?.1 }

  /// Nil where the object has other headers, text that is no UTF-8, no subject or no trailers.
  init?(_ id: String, _ bytes: [UInt8], _ format: ObjectFormat) {
    guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0"), !text.utf8.contains(13),
      let gap = text.firstRange(of: "\n\n")
    else { return nil }
    // A line that starts with a space goes on with the header before it.
    var names: [String] = []
    var tree = ""
    for line in text[..<gap.lowerBound].split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(" ") { continue }
      let name = String(line.prefix { $0 != " " })
      if name == "tree" { tree = String(line.dropFirst(5)) }
      names.append(name)
    }
    let signature = format == .sha1 ? "gpgsig" : "gpgsig-sha256"
    let plain = names.filter { $0 != "parent" && $0 != signature }
    guard plain == ["tree", "author", "committer"], names.count(where: { $0 == signature }) <= 1,
      tree.utf8.count == format.width
    else { return nil }
    let message = text[gap.upperBound...]
    guard message.hasSuffix("\n"), let last = message.ranges(of: "\n\n").last,
      let first = message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first,
      first.contains(where: { !$0.isWhitespace })
    else { return nil }
    var trailers: [(String, String)] = []
    for line in message[last.upperBound...].dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      guard let colon = line.firstRange(of: ": ") else { return nil }
      trailers.append((String(line[..<colon.lowerBound]), String(line[colon.upperBound...])))
    }
    (self.id, self.tree, self.trailers) = (id, tree, trailers)
  }

  /// How the trailers differ from `names` in their order, each once, each well-formed.
  func trailerProblems(_ names: [String], extra: Bool) -> [String] {
    var problems: [String] = []
    if trailers.prefix(names.count).map(\.0) != names { problems.append("trailers are \(trailers.map(\.0))") }
    let ours = [
      "kv-ns", "kv-txn", "base-tree", "kv-index-tree", "kv-chunks-tree", "kv-ledger-tree", "epoch", "keys-set",
      "keys-del", "parent-epoch", "parent-epoch-ledger", "parent-epoch-index",
    ]
    for (name, _) in trailers.dropFirst(names.count) {
      let plain = !name.isEmpty && name.utf8.allSatisfy(Alphabet.name.contains)
      if !extra || !plain || ours.contains(name.lowercased()) || name.lowercased().hasPrefix("kv-") {
        problems.append("trailer \(name) does not belong here")
      }
    }
    for (name, value) in trailers.prefix(names.count) {
      let right =
        switch name {
        case "KV-Txn":
          value.utf8.count == 26 && value.first! <= "7"
            && value.utf8.allSatisfy(Alphabet.ulid.contains)
        case "Keys-Set", "Keys-Del": Int(value).map { "\($0)" == value && $0 >= 0 } ?? false
        case "Base-Tree", "KV-Index-Tree", "KV-Ledger-Tree", "Parent-Epoch-Ledger", "Parent-Epoch-Index":
          value.utf8.allSatisfy(Alphabet.hex.contains)
        default: !value.isEmpty
        }
      if !right { problems.append("\(name): \(value) is malformed") }
    }
    return problems
  }
}
