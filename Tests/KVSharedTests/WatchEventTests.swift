import Testing

@testable import KVShared

@Suite struct WatchEventTests {
  private let main = Namespace("main")!
  private let repository: ScratchRepository
  private let store: ObjectStore
  private let reader: ObjectReader

  init() throws {
    repository = try ScratchRepository(.sha256)
    store = repository.store()
    reader = try repository.reader()
  }

  /// A ledger tree; nil deletes a key.
  private func tree(_ values: [String: String?], on base: ObjectID? = nil) throws -> ObjectID {
    var changes: [Key: LedgerTree.Slot?] = [:]
    for (name, value) in values {
      let blob = try value.map { try store.store(.blob, Array($0.utf8)) }
      changes.updateValue(blob.map { LedgerTree.Slot(data: $0, meta: $0) }, forKey: try Key(name))
    }
    let root = try LedgerTree.apply(changes, to: base, namespace: main, reader: reader, sink: store)
    try store.flush()
    return root
  }

  private func event(base: ObjectID, tree: ObjectID, date: String = "1700000000") throws -> WatchEvent {
    let trailers = LedgerTrailers(
      namespace: main, transaction: TransactionID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, baseTree: base, indexTree: base,
      chunksTree: nil, epoch: EpochLabel("2026Q4")!, keysSet: 0, keysDeleted: 0, extra: [])
    let payload = Commit.payload(
      tree: tree, parent: nil, author: "A <a@b> 1 +0000", committer: "C <c@d> \(date) +0200",
      message: trailers.message("x"))
    let id = try store.store(.commit, payload)
    try store.flush()
    let commit = try reader.commit(id)
    return try WatchEvent(commit, LedgerTrailers(commit), reader: reader)
  }

  @Test func `a transaction is told by the keys that differ from its base`() throws {
    let before = try tree(["a": "1", "b": "1", "é": "1", "gone": "1"])
    let after = try tree(["b": "2", "é": "2", "z\"/": "1", "gone": nil, "a": nil, "Z": ""], on: before)
    let event = try event(base: before, tree: after)
    #expect(event.set == ["Z", "b", "z\"/", "é"] && event.del == ["a", "gone"])
    #expect(event.ns == "main" && event.epoch == "2026Q4" && event.txn == "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    #expect(event.ts == "2023-11-14T22:13:20Z" && event.v == 1 && event.error == nil)
    let text = String(decoding: CanonicalJSON.encode(event), as: UTF8.self)
    #expect(text.hasPrefix(#"{"del":["a","gone"],"epoch":"2026Q4","ns":"main","oid":""#))
    let end = #","set":["Z","b","z\"/","é"],"ts":"2023-11-14T22:13:20Z","txn":"01ARZ3NDEKTSV4RRFFQ69G5FAV","v":1}"#
    #expect(text.hasSuffix(end + "\n"))
    #expect(CanonicalJSON.decode(WatchEvent.self, Array(text.utf8)) == event)
  }

  @Test func `the first transaction and an empty one`() throws {
    let some = try tree(["a": "1"])
    #expect(try event(base: ObjectFormat.sha256.emptyTree, tree: some).set == ["a"])
    let nothing = try event(base: some, tree: some)
    #expect(nothing.set.isEmpty && nothing.del.isEmpty && nothing.error == nil)
  }

  @Test(arguments: [("-5", "1970-01-01T00:00:00Z"), ("0", "1970-01-01T00:00:00Z")])
  func `instants that no calendar has`(date: String, text: String) throws {
    let some = try tree(["a": "1"])
    #expect(try event(base: some, tree: some, date: date).ts == text)
  }

  @Test func `what cannot be told is said`() throws {
    let blob = try store.store(.blob, [])
    let stray = try store.store(.tree, Tree.serialize([TreeEntry(name: Array("x".utf8), isTree: false, id: blob)]))
    try store.flush()
    let event = try event(base: try tree(["a": "1"]), tree: stray)
    #expect(event.set.isEmpty && event.del.isEmpty)
    #expect(try #require(event.error).contains("'x'"))
  }
}
