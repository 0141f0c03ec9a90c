import KVShared

/// What `git kv show` tells of one transaction.
struct TransactionReport: Encodable {
  /// A key that was set.
  struct SetKey: Encodable {
    let key: String
    let facts: ValueFacts

    enum CodingKeys: String, CodingKey { case key }

    func encode(to encoder: any Encoder) throws {
      try facts.encode(to: encoder)
      var out = encoder.container(keyedBy: CodingKeys.self)
      try out.encode(key, forKey: .key)
    }
  }

  private let note: TransactionNote
  private let ns: String
  private let parent: String?
  private let index: String?
  private let chunks: String?
  private let tree: String
  private let indexTree: String
  private let chunksTree: String?
  /// The epoch that this transaction's follows, where it began one.
  private let parentEpoch: String?
  private let parentEpochLedger: String?
  private let set: [SetKey]
  private let del: [String]

  enum CodingKeys: String, CodingKey {
    case ns, parent, index, chunks, tree, set, del
    case indexTree = "index_tree"
    case chunksTree = "chunks_tree"
    case parentEpoch = "parent_epoch"
    case parentEpochLedger = "parent_epoch_ledger"
  }

  init(_ moment: Moment, _ review: SignatureReview, _ twins: TransactionTwins) throws(Rejection) {
    let commit = moment.commit
    let said = moment.trailers
    let reader = twins.clone.reader
    note = TransactionNote(commit, said, try review.review(commit))
    ns = said.namespace.name
    parent = commit.parents.first?.hex
    index = try twins.index(of: moment)?.hex
    chunks = try twins.chunks(of: moment)?.hex
    tree = commit.tree.hex
    indexTree = said.indexTree.hex
    chunksTree = said.chunksTree?.hex
    parentEpoch = said.parent?.label.name
    parentEpochLedger = said.parent?.ledger.hex
    // The base, and not the parent: the first commit of a later epoch has none, and changes nothing.
    let changes = try LedgerComparison(reader: reader, namespace: said.namespace).changes(
      from: said.baseTree == reader.format.emptyTree ? nil : said.baseTree, to: commit.tree)
    let live = changes.compactMap { change in change.after.map { (key: change.key, slot: $0) } }
    set = try zip(live, ValueFacts.read(live, reader)).map { SetKey(key: $0.key.description, facts: $1) }
    del = changes.filter { $0.after == nil }.map(\.key.description)
  }

  func encode(to encoder: any Encoder) throws {
    try note.encode(to: encoder)
    var out = encoder.container(keyedBy: CodingKeys.self)
    try out.encode(ns, forKey: .ns)
    try out.encodeIfPresent(parent, forKey: .parent)
    try out.encodeIfPresent(index, forKey: .index)
    try out.encodeIfPresent(chunks, forKey: .chunks)
    try out.encode(tree, forKey: .tree)
    try out.encode(indexTree, forKey: .indexTree)
    try out.encodeIfPresent(chunksTree, forKey: .chunksTree)
    try out.encodeIfPresent(parentEpoch, forKey: .parentEpoch)
    try out.encodeIfPresent(parentEpochLedger, forKey: .parentEpochLedger)
    try out.encode(set, forKey: .set)
    try out.encode(del, forKey: .del)
  }

  /// The commits and who made them, the message, then a line a key: `+ <size> <etag> <type> <key>` or `- <key>`.
  var text: String {
    let follows = parentEpoch.map { "\($0), sealed at \(parentEpochLedger ?? "")" }
    let rows: [(String, String?)] = [
      ("transaction", note.txn), ("namespace", ns), ("epoch", note.epoch), ("follows", follows),
      ("ledger", note.ledger), ("index", index), ("chunks", chunks), ("parent", parent), ("date", note.at),
      ("author", note.by.printable), ("signature", note.signatureWords),
    ]
    var text = rows.compactMap { name, value in value.map { "\(name): \($0)\n" } }.joined() + "\n"
    for line in note.message.split(separator: "\n", omittingEmptySubsequences: false) {
      text += line.isEmpty ? "\n" : "    \(String(line).printable)\n"
    }
    if !note.trailers.isEmpty { text += "\n" }
    for trailer in note.trailers { text += "    \(trailer.name): \(trailer.value.printable)\n" }
    if !set.isEmpty || !del.isEmpty { text += "\n" }
    for item in set {
      text += "+\t\(item.facts.size)\t\(item.facts.shortETag)\t\(item.facts.type)\t\(WatchLine.word(item.key))\n"
    }
    for key in del { text += "-\t-\t-\t-\t\(WatchLine.word(key))\n" }
    return text
  }
}
