/// The transactions of one epoch, oldest first.
struct Segment {
  let ledger: [RawCommit]
  /// Empty where git has collected the index of a sealed epoch.
  let index: [RawCommit]
}

/// One link of the epoch chain, as its epoch.json has it.
struct EpochLink {
  let commit: RawCommit
  let record: JSON

  var label: String { record["label"]?.string ?? "" }
  func id(_ moment: String, _ kind: String) -> String? { record[moment]?[kind]?.string }
}

extension Invariants {
  /// The links of the chain, oldest first; each tree holds one canonical epoch.json and nothing else.
  mutating func links(of epoch: [RawCommit]) throws -> [EpochLink] {
    var links: [EpochLink] = []
    var labels: Set<String> = []
    for commit in epoch {
      let file = try repo.git("cat-file", "blob", "\(commit.tree):epoch.json")
      let record = JSON(file.out) ?? .null
      let canonical = Array((record.text + "\n").utf8)
      let entry = "100644 blob \(format.id("blob", canonical))\tepoch.json\0"
      let listing = try repo.git("ls-tree", "-r", "-t", "-z", "--full-tree", commit.tree).text
      if listing != entry { say("epoch: its tree is \(listing), and should be \(entry)") }
      for problem in commit.trailerProblems(["KV-NS", "KV-Txn", "Epoch"], extra: false) { say("epoch: " + problem) }
      let link = EpochLink(commit: commit, record: record)
      if commit["KV-NS"] != ns { say("epoch: KV-NS is \(commit["KV-NS"] ?? "missing")") }
      if commit["Epoch"] != link.label { say("epoch: Epoch is not \(link.label)") }
      if !labels.insert(link.label).inserted { say("epoch: there are two epochs \(link.label)") }
      links.append(link)
    }
    return links
  }

  /// What each link tells of, and that the links, the archives and the roots agree; nil where it makes no sense to go on.
  mutating func segments(_ links: [EpochLink], _ ledger: [RawCommit], _ index: [RawCommit]) throws -> [Segment]? {
    guard !ledger.isEmpty, !links.isEmpty else {
      say("there is a ledger without a transaction, or no epoch")
      return nil
    }
    let prefix = "refs/kv-archive/\(ns)@"
    let archives = try repo.refs().filter { $0.key.hasPrefix(prefix) }
    let wanted = Dictionary(
      zip(links, links.dropFirst()).map { (prefix + $0.label, $1.id("sealed", "ledger") ?? "") }
    ) { first, _ in first }
    if archives != wanted { say("the archives are \(archives), and should be \(wanted)") }
    var segments: [Segment] = []
    for (link, next) in zip(links, links.dropFirst()) {
      guard let head = next.id("sealed", "ledger"), let last = next.id("sealed", "index") else {
        say("epoch.json of \(next.label) names no sealed commits")
        return nil
      }
      let isKept = try repo.git("cat-file", "-e", "\(last)^{commit}").ok
      segments.append(
        Segment(
          ledger: try chain(head, "ledger of \(link.label)"),
          index: isKept ? try chain(last, "index of \(link.label)") : []))
    }
    segments.append(Segment(ledger: ledger, index: index))
    for (link, segment) in zip(links, segments) {
      guard let root = segment.ledger.first else { return nil }
      if !segment.index.isEmpty, segment.ledger.count != segment.index.count {
        say("\(segment.ledger.count) ledger commits and \(segment.index.count) index commits of \(link.label)")
        return nil
      }
      for name in ["KV-NS", "KV-Txn", "Epoch"] where link.commit[name] != root[name] {
        say("epoch: \(name) is not \(root[name] ?? "there")")
      }
      checkRecord(link, segment, after: links.first { $0.label == root["Parent-Epoch"] })
    }
    return segments
  }

  /// Every field of an epoch.json, from the commits themselves.
  private mutating func checkRecord(_ link: EpochLink, _ segment: Segment, after: EpochLink?) {
    let root = segment.ledger[0]
    var fields: [String: JSON] = ["v": .number("1"), "label": .string(root["Epoch"] ?? "")]
    let first = segment.index.first?.id ?? link.id("root", "index") ?? ""
    var roots: [String: JSON] = ["ledger": .string(root.id), "index": .string(first)]
    if let after {
      // The chunks commits of an epoch stand in its chunks ref, which nobody has walked yet.
      if let chunks = chunks.waiting[link.label]?.first { roots["chunks"] = .string(chunks.id) }
      var sealed = ["ledger": JSON.string(root["Parent-Epoch-Ledger"] ?? "")]
      let index = segment.index.first?["Parent-Epoch-Index"] ?? link.id("sealed", "index")
      sealed["index"] = .string(index ?? "")
      if let chunks = chunks.waiting[after.label]?.last { sealed["chunks"] = .string(chunks.id) }
      fields["parent"] = .string(after.label)
      fields["sealed"] = .object(sealed)
    }
    // Chunks that a later transaction brought are none of the first commits'.
    if root["KV-Chunks-Tree"] == "-" { roots["chunks"] = nil }
    fields["root"] = .object(roots)
    if JSON.object(fields) != link.record {
      say("epoch.json is \(link.record.text), and should be \(JSON.object(fields).text)")
    }
  }

  /// The first commits of an epoch name the last ones of the epoch before.
  mutating func check(_ link: EpochLink, begins segment: Segment, after head: RawCommit) {
    let root = segment.ledger[0]
    if root.tree != head.tree { say("epoch \(link.label) begins with another tree than was sealed") }
    if root["Parent-Epoch"] != head["Epoch"] {
      say("Parent-Epoch of \(link.label) is \(root["Parent-Epoch"] ?? "missing")")
    }
    if root["Parent-Epoch-Ledger"] != head.id { say("Parent-Epoch-Ledger of \(link.label) is not \(head.id)") }
    if let index = segment.index.first, index["Parent-Epoch-Index"] != link.id("sealed", "index") {
      say("Parent-Epoch-Index of \(link.label) is \(index["Parent-Epoch-Index"] ?? "missing")")
    }
  }

  mutating func checkSignatures(_ segments: [Segment], _ epoch: [RawCommit]) throws {
    guard signed != .none else { return }
    let later = segments.dropFirst()
    var byAdmins = later.compactMap { $0.ledger.first } + epoch.dropFirst()
    var byWriters = (segments.prefix(1) + later).enumerated().flatMap { number, segment in
      segment.ledger.dropFirst(number == 0 ? 0 : 1)
    }
    byWriters += epoch.prefix(1)
    if signed == .all {
      byAdmins += later.compactMap { $0.index.first }
      byWriters += segments.prefix(1).flatMap(\.index) + later.flatMap { $0.index.dropFirst() }
      let roots = Set(byAdmins.compactMap { $0["KV-Txn"] })
      byAdmins += chunks.commits.filter { roots.contains($0["KV-Txn"] ?? "") }
      byWriters += chunks.commits.filter { !roots.contains($0["KV-Txn"] ?? "") }
    }
    for (commits, keys) in [(byWriters, writers), (byAdmins, admins)] where !commits.isEmpty {
      let file = repo.box.path("allowed-signers")
      try Files.write(file, keys.map { "* namespaces=\"git\" \($0)\n" }.joined())
      let verified = try repo.box.run(
        ["git", "-c", "gpg.ssh.allowedSignersFile=\(file)", "verify-commit"] + commits.map(\.id), in: repo.path)
      if !verified.ok { say("a signature does not verify: \(verified.errors)") }
    }
  }
}
