/// Changes the history of a store behind the back of its hooks, as whoever can write in its folder could.
struct Tamper {
  let repo: Repo
  let format: ObjectFormat

  func commits(_ ref: String) throws -> [String] {
    try repo.must("rev-list", "--reverse", ref).split(separator: "\n").map(String.init)
  }

  func set(_ ref: String, _ id: String?) throws {
    try repo.box.must(
      ["git", "-c", "core.hooksPath=/dev/null", "update-ref"] + (id.map { [ref, $0] } ?? ["-d", ref]), in: repo.path)
  }

  /// Puts refs back to what they were.
  func restore(_ refs: [String: String]) throws {
    let now = try repo.refs()
    for ref in Set(now.keys).union(refs.keys) where now[ref] != refs[ref] {
      try set(ref, refs[ref])
    }
  }

  /// A tree with one file changed; nil takes it away.
  func edit(_ tree: String, _ path: String, _ text: String?) throws -> String {
    let env = ["GIT_INDEX_FILE": repo.box.path("tamper.index")]
    defer { Files.remove(repo.box.path("tamper.index")) }
    func git(_ arguments: [String], _ input: String = "") throws -> String {
      try repo.box.must(["git"] + arguments, in: repo.path, input: Array(input.utf8), env: env)
    }
    _ = try git(["read-tree", tree])
    let blob = try text.map { try repo.must("hash-object", "-w", "--stdin", input: Array($0.utf8)) }
    _ = try git(["update-index", "--index-info"], "\(blob == nil ? "0" : "100644") \(blob ?? format.zero)\t\(path)\n")
    return try git(["write-tree"])
  }

  /// Makes the history of a ref anew from one commit on; the others follow it as they are.
  /// - Parameters:
  ///   - at: the number of the commit, from the end where it is negative.
  ///   - key: signs the changed commit and those after it; nil leaves the signatures that are there.
  func rewrite(
    _ ref: String, at: Int, signedBy key: SigningKey? = nil, _ change: (inout String) throws -> Void
  ) throws {
    let old = try commits(ref)
    let first = at < 0 ? old.count + at : at
    var parent = first > 0 ? old[first - 1] : nil
    for (number, id) in old.enumerated() where number >= first {
      var text = String(decoding: try repo.git("cat-file", "commit", id).out, as: UTF8.self)
      if number > first, let parent { text = text.replacing("parent \(old[number - 1])\n", with: "parent \(parent)\n") }
      if number == first { try change(&text) }
      if let key { text = try sign(Self.unsigned(text), key) }
      parent = try repo.must("hash-object", "-t", "commit", "-w", "--stdin", input: Array(text.utf8))
    }
    try set(ref, parent)
  }

  /// The text of a commit without its signature.
  static func unsigned(_ text: String) -> String {
    guard let start = text.firstRange(of: "\ngpgsig")?.lowerBound,
      let end = text[start...].firstRange(of: "-----END SSH SIGNATURE-----\n")?.upperBound
    else { return text }
    // git ends the header with a line of one space where the signature ends with a newline.
    var rest = text[end...]
    if rest.hasPrefix(" \n") { rest = rest.dropFirst(2) }
    return String(text[...start] + rest)
  }

  private func sign(_ text: String, _ key: SigningKey) throws -> String {
    let armor = try repo.box.must(
      ["ssh-keygen", "-Y", "sign", "-q", "-n", "git", "-f", key.path], input: Array(text.utf8))
    guard let gap = text.firstRange(of: "\n\n")?.lowerBound else { throw Broken("no message") }
    let header = "\n\(format == .sha1 ? "gpgsig" : "gpgsig-sha256") " + armor.replacing("\n", with: "\n ")
    return String(text[..<gap]) + header + String(text[gap...])
  }
}

extension String {
  /// Gives a header or a trailer another value.
  mutating func give(_ name: String, _ value: String) {
    self = split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("\(name) ") ? "\(name) \(value)" : String(line)
    }.joined(separator: "\n")
  }
}
