/// Recomputes what DESIGN §2 to §6 say of a namespace, from nothing but what git prints.
struct Invariants {
  enum Signed: Sendable { case none, ledger, all }

  let repo: Repo
  let ns: String
  let format: ObjectFormat
  /// Public keys (`<type> <base64>`) that may sign, and which commits must be signed.
  var writers: [String] = [Keys.writer.line, Keys.second.line]
  /// The same for those who may begin an epoch.
  var admins = [Keys.admin.line]
  var signed = Signed.ledger
  /// Recomputes etags, as `verify: deep` does; those of a hash the tests do not have are left alone.
  var etags = false
  private(set) var found: [String] = []
  var known = Known()
  var chunks = ChunkChains()

  /// What was found right once, for the transactions that come after.
  struct Known: Sendable {
    /// The keys of a ledger tree with an index tree.
    var keys: [[String]: KeySet] = [:]
    var shards: [[UInt8]: String] = [:]
    var pointers: Set<[String]> = []
    /// By their blobs.
    var manifests: [String: RawManifest] = [:]
    /// Whose bytes are right.
    var chunks: Set<RawManifest.Chunk> = []
  }

  init(_ repo: Repo, ns: String = "main", format: ObjectFormat) {
    (self.repo, self.ns, self.format) = (repo, ns, format)
  }

  /// What is wrong, in words; empty when all holds. A namespace without any ref is sound.
  static func broken(
    _ repo: Repo, ns: String = "main", format: ObjectFormat, signed: Signed = .ledger,
    writers: [String] = [Keys.writer.line, Keys.second.line], etags: Bool = false, known: Known = Known()
  ) throws -> [String] {
    var check = Invariants(repo, ns: ns, format: format)
    (check.signed, check.writers, check.etags, check.known) = (signed, writers, etags, known)
    try check.run()
    return check.found
  }

  mutating func say(_ words: String) { found.append(words) }

  mutating func run() throws {
    if let words = try repo.fsck() { say(words) }
    let ids = try ["kv", "kv-index", "kv-epoch"].map { try repo.id("refs/\($0)/\(ns)") }
    if ids.allSatisfy({ $0 == nil }) { return }
    guard let ledgerTip = ids[0], let indexTip = ids[1], let epochTip = ids[2] else {
      return say("only some of the refs of \(ns) exist: \(ids)")
    }
    let tips = try repo.objects([ledgerTip, indexTip, epochTip])
    if tips.values.contains(where: { $0.kind != "commit" }) { say("a ref of \(ns) names no commit") }
    let ledger = try chain(ledgerTip, "ledger")
    let index = try chain(indexTip, "index")
    let epoch = try chain(epochTip, "epoch")
    try readChunks()
    let links = try links(of: epoch)
    guard let segments = try segments(links, ledger, index) else { return }
    var old: KeySet?
    var before: RawCommit?
    for (number, segment) in segments.enumerated() {
      let link = links[number]
      if let before { check(link, begins: segment, after: before) }
      if segment.index.isEmpty {
        // The index of a sealed epoch is kept by no ref: what its pointers were cannot be told any more.
        chunks.waiting[link.label] = nil
        old = nil
      } else {
        old = try walk(segment, since: old, isFirst: number == 0)
      }
      before = segment.ledger.last
    }
    checkChunksLeft()
    try checkSignatures(segments, epoch)
  }

  /// The commits from the root to the tip; a merge or a commit that does not parse ends it.
  mutating func chain(_ tip: String, _ what: String) throws -> [RawCommit] {
    let lines = try repo.must("rev-list", "--reverse", "--topo-order", "--parents", tip).split(separator: "\n")
    let ids = lines.map { $0.split(separator: " ").map(String.init) }
    if let merge = ids.first(where: { $0.count > 2 }) { say("\(what) \(merge[0]) is a merge") }
    let bytes = try repo.objects(ids.map { $0[0] })
    var commits: [RawCommit] = []
    for (i, line) in ids.enumerated() {
      if i > 0 && line.dropFirst() != [ids[i - 1][0]] { say("\(what) \(line[0]) does not follow \(ids[i - 1][0])") }
      guard let raw = bytes[line[0]], let commit = RawCommit(line[0], raw.bytes, format) else {
        say("\(what) \(line[0]) is not a commit of ours")
        return []
      }
      commits.append(commit)
    }
    return commits
  }

  /// Every transaction of an epoch, one after the other; returns the keys that the last one leaves.
  /// - Parameter since: the keys of the epoch before; nil where they are not known.
  private mutating func walk(_ segment: Segment, since: KeySet?, isFirst: Bool) throws -> KeySet {
    var old = since ?? KeySet()
    var oldTree = isFirst ? format.emptyTree : segment.ledger[0].tree
    var (oldTxn, epoch) = ("", segment.ledger[0]["Epoch"] ?? "")
    for (number, (l, i)) in zip(segment.ledger, segment.index).enumerated() {
      let at = "transaction \(l.id.prefix(10)): "
      let begins = number == 0 && !isFirst
      var names = ["KV-NS", "KV-Txn", "Base-Tree", "KV-Index-Tree", "KV-Chunks-Tree", "Epoch", "Keys-Set", "Keys-Del"]
      if begins { names += ["Parent-Epoch", "Parent-Epoch-Ledger"] }
      for problem in l.trailerProblems(names, extra: true) { say(at + "ledger: " + problem) }
      for problem in i.trailerProblems(
        ["KV-NS", "KV-Txn", "KV-Ledger-Tree"] + (begins ? ["Parent-Epoch-Index"] : []), extra: false)
      {
        say(at + "index: " + problem)
      }
      let before = found.count
      let new = try known.keys[[l.tree, i.tree]] ?? keys(l.tree, i.tree, at)
      if found.count == before { known.keys[[l.tree, i.tree]] = new }
      if begins {
        // Tombstones stay behind, and every chunk that is needed comes anew.
        if let since, since.live != new.live { say(at + "a new epoch has other keys than the sealed one") }
        if new.all != Set(new.live.keys) { say(at + "a new epoch begins with a tombstone") }
        old = new
      }
      let wanted = [
        "KV-NS": ns, "Base-Tree": oldTree, "KV-Index-Tree": i.tree, "Epoch": epoch,
        "Keys-Set": "\(new.live.count { old.live[$0.key] != $0.value })",
        "Keys-Del": "\(old.live.count { new.live[$0.key] == nil })",
      ]
      for (name, value) in wanted.sorted(by: { $0.key < $1.key }) where l[name] != value {
        say(at + "\(name) is \(l[name] ?? "missing"), and should be \(value)")
      }
      if i["KV-NS"] != ns { say(at + "index: KV-NS is \(i["KV-NS"] ?? "missing")") }
      if i["KV-Ledger-Tree"] != l.tree { say(at + "KV-Ledger-Tree is not the ledger's tree \(l.tree)") }
      if i["KV-Txn"] != l["KV-Txn"] { say(at + "two KV-Txn in one transaction") }
      if l["KV-Txn"] == oldTxn { say(at + "KV-Txn is the parent's") }
      try takeChunks(l, begins ? KeySet() : old, new, at)
      for key in new.all.subtracting(old.all) where new.live[key] == nil {
        say(at + "a tombstone of \(Names.enc(key)), which never was")
      }
      for key in old.all.subtracting(new.all) { say(at + "the pointer of \(Names.enc(key)) is gone") }
      (old, oldTree, oldTxn) = (new, l.tree, l["KV-Txn"] ?? "")
      epoch = l["Epoch"] ?? epoch
    }
    return old
  }
}
