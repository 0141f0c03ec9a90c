/// A mirror whose watchlog is written by hand, in the form that kv-mirror-worker gives it.
struct HandLog: Sendable {
  let box: Sandbox
  let mirror: Repo
  let format: ObjectFormat

  /// What a reader is to see of one event.
  struct Event: Sendable {
    let commit: String
    let ledger: String
    /// As `--json` prints it.
    let line: String
  }

  init(_ format: ObjectFormat = .sha1) throws {
    self.format = format
    box = try Sandbox()
    mirror = Repo(box: box, path: box.path("mirror.git"))
    try box.must(["git", "init", "-q", "--bare", "--object-format=\(format)", mirror.path])
    try box.must(["git", "config", "--file", box.path("gitconfig"), "user.signingKey", Keys.writer.path])
  }

  /// A clone that has fetched nothing.
  func reader(_ name: String = "r") throws -> Clone {
    let path = box.path(name)
    try box.must(["git", "init", "-q", "--object-format=\(format)", path])
    let clone = Clone(repo: Repo(box: box, path: path))
    try clone.repo.must("remote", "add", "origin", mirror.path)
    return clone
  }

  static func log(_ epoch: String) -> String { "refs/kv-watchlog/main@\(epoch)" }

  /// The ledger commit of an event, which is nowhere to be found.
  func ledger(_ number: Int) -> String { format.id("commit", Array("\(number)".utf8)) }

  static func transaction(_ number: Int) -> String { "01ARZ3NDEKTSV4RRFFQ69G5F\(number / 10)\(number % 10)" }

  /// Appends an event to the log of an epoch, or to another ref.
  /// - Parameter minute: of the commit's date; the ledger commit is the same with another one.
  @discardableResult
  func append(
    _ number: Int, to epoch: String = "2026Q4", on ref: String? = nil, set: [String] = [], del: [String] = [],
    error: String? = nil, ledger: String? = nil, minute: Int = 0
  ) throws -> Event {
    let ref = ref ?? Self.log(epoch)
    let (ledger, txn) = (ledger ?? self.ledger(number), Self.transaction(number))
    var fields: [String: JSON] = [
      "v": .number("1"), "ns": .string("main"), "epoch": .string(epoch), "oid": .string(ledger), "txn": .string(txn),
      "ts": .string("2026-11-23T10:00:00Z"), "set": .array(set.map { .string($0) }),
      "del": .array(del.map { .string($0) }),
    ]
    if let error { fields["error"] = .string(error) }
    let id = try commit(
      [("event.json", JSON.object(fields).text + "\n")], on: ref,
      [("KV-NS", "main"), ("KV-Txn", txn), ("KV-Ledger", ledger), ("Epoch", epoch)], minute)
    fields["commit"] = .string(id)
    return Event(commit: id, ledger: ledger, line: JSON.object(fields).text)
  }

  /// Appends a link to the epoch chain.
  func begin(_ epoch: String) throws {
    let trailers = [("KV-NS", "main"), ("KV-Txn", Self.transaction(99)), ("Epoch", epoch)]
    try commit([], on: "refs/kv-epoch/main", trailers, 0)
  }

  /// Appends a commit to a ref.
  @discardableResult
  func commit(
    _ files: [(name: String, text: String)], on ref: String, _ trailers: [(String, String)], _ minute: Int
  ) throws -> String {
    let entries = try files.map {
      "100644 blob \(try mirror.must("hash-object", "-w", "--stdin", input: Array($0.text.utf8)))\t\($0.name)\n"
    }
    let tree = try mirror.must("mktree", input: Array(entries.joined().utf8))
    let parent = try mirror.id(ref).map { ["-p", $0] } ?? []
    let message = "kv: by hand\n\n" + trailers.map { "\($0): \($1)\n" }.joined()
    let date = "\(1_700_000_000 + minute * 60) +0000"
    let id = try box.must(
      ["git", "commit-tree", tree] + parent, in: mirror.path, input: Array(message.utf8),
      env: ["GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date])
    try mirror.must("update-ref", ref, id)
    return id
  }
}
