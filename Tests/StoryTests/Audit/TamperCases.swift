/// One way to tamper with a store, and the link at which an audit finds it.
struct TamperCase: Sendable {
  let name: String
  let link: String
  /// Part of the message.
  let says: String
  let change: @Sendable (Tamper) throws -> Void

  init(_ name: String, _ link: String, _ says: String, _ change: @escaping @Sendable (Tamper) throws -> Void) {
    (self.name, self.link, self.says, self.change) = (name, link, says, change)
  }
}

/// Done to the current epoch, `E3`: its first commit, then `cfg:a` set, `cfg:big` set, `cfg:b` set, `cfg:c` deleted.
extension TamperCase {
  static let all = commits + trees + logs + epochs

  private static let (ledger, index) = ("refs/kv/main", "refs/kv-index/main")
  private static let (chunks, log) = ("refs/kv-chunks/main@E3", "refs/kv-watchlog/main@E3")
  private static let (epoch, archive) = ("refs/kv-epoch/main", "refs/kv-archive/main@E2")

  private static let commits = [
    TamperCase("a message changed", "signature", "bad signature") {
      try $0.rewrite(ledger, at: 1) { $0 = $0.replacing("\n\n", with: "\n\nnot so: ", maxReplacements: 1) }
    },
    TamperCase("an author changed", "signature", "bad signature") {
      try $0.rewrite(ledger, at: 1) { $0 = $0.replacing("author Dev", with: "author Eve") }
    },
    TamperCase("a foreign key", "signature", "not in 'writers'") {
      try $0.rewrite(ledger, at: -1, signedBy: Keys.stranger) { _ in }
    },
    TamperCase("a signature removed", "signature", "is not signed") {
      try $0.rewrite(ledger, at: -1) { $0 = Tamper.unsigned($0) }
    },
    TamperCase("an index commit in the place of another", "index", "KV-Index-Tree") { tamper in
      let tree = try tamper.repo.must("rev-parse", "\(index)~1^{tree}")
      try tamper.rewrite(index, at: -1) { $0.give("tree", tree) }
    },
    TamperCase("an index commit too many", "index", "index commits") { tamper in
      let tip = try tamper.repo.must("rev-parse", index)
      let tree = try tamper.repo.must("rev-parse", "\(index)^{tree}")
      try tamper.set(index, try tamper.repo.must("commit-tree", tree, "-p", tip, "-m", "x"))
    },
    TamperCase("the last transaction taken back", "watchlog", "tells of 5 transactions") { tamper in
      for ref in [ledger, index] { try tamper.set(ref, try tamper.repo.must("rev-parse", "\(ref)~1")) }
    },
  ]

  /// With the help of a writer, who signs.
  private static let trees = [
    TamperCase("a value replaced in the ledger", "ledger", "Keys-Set") {
      try $0.replaceTree(ledger, Names.data("main", Array("cfg:a".utf8)), "not so") { _ in }
    },
    TamperCase("a value replaced and counted", "index", "the pointer of 'cfg:a' says ledger_blob") {
      try $0.replaceTree(ledger, Names.data("main", Array("cfg:a".utf8)), "not so") { $0.give("Keys-Set:", "1") }
    },
    TamperCase("an index entry changed", "index", "KV-Index-Tree is") {
      try $0.replaceTree(index, "kv/main/index/cf/g%3A/cfg%3Aa.ref", "{}\n") { _ in }
    },
    TamperCase("an index entry removed", "index", "KV-Index-Tree is") {
      try $0.replaceTree(index, "kv/main/index/cf/g%3A/cfg%3Aa.ref", nil) { _ in }
    },
    TamperCase("a chunk missing", "chunks", "is not in the chunks tree") { tamper in
      let path = try tamper.repo.must("ls-tree", "-r", "--name-only", chunks).split(separator: "\n").map(String.init)
      let old = try tamper.repo.must("ls-tree", "-r", "--name-only", "\(chunks)~1")
      let added = path.first { !old.contains($0) } ?? ""
      try tamper.replaceChunks(added, nil)
    },
    TamperCase("a chunk too many", "chunks", "a change that no manifest explains") {
      try $0.replaceChunks("kv/main/chunks/sha256/00/00/\(String(repeating: "0", count: 64))", "x")
    },
    TamperCase("a chunks commit too many", "chunks", "belongs to no transaction") { tamper in
      let tip = try tamper.repo.must("rev-parse", chunks)
      let tree = try tamper.repo.must("rev-parse", "\(chunks)^{tree}")
      try tamper.set(chunks, try tamper.repo.must("commit-tree", tree, "-p", tip, "-m", "x"))
    },
  ]

  private static let logs = [
    TamperCase("a gap in the watchlog", "watchlog", "is due") { tamper in
      let old = try tamper.commits(log)
      try tamper.rewrite(log, at: 3) { $0.give("parent", old[1]) }
    },
    TamperCase("an event changed", "watchlog", "another event") { tamper in
      try tamper.rewrite(log, at: 2) { text in
        text.give("tree", try tamper.edit("\(log)~2^{tree}", "event.json", "{}\n"))
      }
    },
    TamperCase("a watchlog on another line", "watchlog", "is due") { tamper in
      try tamper.set(log, try tamper.repo.must("rev-parse", "refs/kv-watchlog/main@E2"))
    },
    TamperCase("an event too many", "watchlog", "tells of 6 transactions") { tamper in
      let tree = try tamper.repo.must("rev-parse", "\(log)^{tree}")
      try tamper.set(log, try tamper.repo.must("commit-tree", tree, "-p", log, "-m", "x"))
    },
  ]

  private static let epochs = [
    TamperCase("an epoch removed", "epoch", "follows epoch '2026Q4'") { tamper in
      let first = try tamper.commits(epoch)[0]
      try tamper.rewrite(epoch, at: -1, signedBy: Keys.admin) { $0.give("parent", first) }
    },
    TamperCase("a link that no admin signed", "signature", "not in 'admins'") {
      try $0.rewrite(epoch, at: -1, signedBy: Keys.writer) { _ in }
    },
    TamperCase("another epoch.json", "epoch", "another first index commit") { tamper in
      try tamper.replaceRecord { $0.replacing("\"index\":\"", with: "\"index\":\"0", maxReplacements: 1) }
    },
    TamperCase("a label that was there", "epoch", "two epochs '2026Q4'") { tamper in
      try tamper.replaceRecord({ $0.replacing("\"label\":\"E3\"", with: "\"label\":\"2026Q4\"") }) {
        $0.give("Epoch:", "2026Q4")
      }
    },
    TamperCase("an archive moved", "epoch", "its archive is at") { tamper in
      try tamper.set(archive, try tamper.repo.must("rev-parse", "\(archive)~1"))
    },
    TamperCase("an archive gone", "epoch", "its archive is at nothing") {
      try $0.set(archive, nil)
    },
    TamperCase("no epoch chain", "epoch", "no epoch chain") { try $0.set(epoch, nil) },
  ]
}

extension Tamper {
  private static let (ledger, index) = ("refs/kv/main", "refs/kv-index/main")

  /// Changes a file in the tree of the last commit on the ledger or the index, and has both commits name it.
  /// - Parameter more: what else is changed in the ledger commit.
  fileprivate func replaceTree(
    _ ref: String, _ path: String, _ text: String?, _ more: (inout String) -> Void
  ) throws {
    let tree = try edit("\(ref)^{tree}", path, text)
    try rewrite(Self.ledger, at: -1, signedBy: Keys.writer) {
      $0.give(ref == Self.ledger ? "tree" : "KV-Index-Tree:", tree)
      more(&$0)
    }
    try rewrite(Self.index, at: -1) { $0.give(ref == Self.index ? "tree" : "KV-Ledger-Tree:", tree) }
  }

  /// The same for the chunks of `cfg:big`, which are the last ones; the commits after it follow.
  fileprivate func replaceChunks(_ path: String, _ text: String?) throws {
    let chunks = "refs/kv-chunks/main@E3"
    let tree = try edit("\(chunks)^{tree}", path, text)
    try rewrite(chunks, at: -1) { $0.give("tree", tree) }
    try rewrite(Self.ledger, at: 2, signedBy: Keys.writer) { $0.give("KV-Chunks-Tree:", tree) }
  }

  /// Changes the last `epoch.json`, with the help of an admin.
  fileprivate func replaceRecord(
    _ change: (String) -> String, _ more: (inout String) -> Void = { _ in }
  ) throws {
    let epoch = "refs/kv-epoch/main"
    let old = try repo.must("cat-file", "blob", "\(epoch):epoch.json") + "\n"
    let tree = try edit("\(epoch)^{tree}", "epoch.json", change(old))
    try rewrite(epoch, at: -1, signedBy: Keys.admin) {
      $0.give("tree", tree)
      more(&$0)
    }
  }
}
