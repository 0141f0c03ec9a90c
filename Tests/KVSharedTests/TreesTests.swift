import KVShared
import Testing

private let main = Namespace("main")!

struct IndexTreeTests {
  /// Adds keys in the given portions and returns the root tree.
  private func index(_ portions: [[String]], _ repository: ScratchRepository) throws -> ObjectID {
    let store = repository.store()
    var root: ObjectID?
    for portion in portions {
      var changes: [Key: ObjectID] = [:]
      for key in portion { changes[try Key(key)] = try store.store(.blob, Array(key.utf8)) }
      root = try IndexTree.apply(changes, to: root, namespace: main, reader: repository.reader(), sink: store)
      try store.flush()
    }
    return try #require(root)
  }

  private func paths(_ root: ObjectID, _ repository: ScratchRepository) throws -> [String] {
    try repository.lines(["ls-tree", "-r", "--name-only", root.hex]).map {
      String($0.dropFirst("kv/main/index/".count))
    }
  }

  @Test(arguments: [ObjectFormat.sha1, .sha256])
  func `below 256 keys a directory of depth two is a leaf`(format: ObjectFormat) throws {
    let repository = try ScratchRepository(format)
    let root = try index([["a", "ab", "abc", "abcdefg", "user:1", "ü"]], repository)
    #expect(
      try Set(paths(root, repository)) == [
        "a/a.ref", "ab/ab.ref", "ab/c/abc.ref", "ab/cd/abcdefg.ref", "us/er/user%3A1.ref", "%C3%BC/%C3%BC.ref",
      ])
  }

  @Test func `the key that makes 257 bursts the directory, and used-up keys stay`() throws {
    let repository = try ScratchRepository()
    let many = (0..<255).map { "user\($0 + 1000)" } + ["user"]
    let leaf = try index([many], repository)
    #expect(try paths(leaf, repository).allSatisfy { $0.hasPrefix("us/er/user") })
    let burst = try index([many, ["user:x"]], repository)
    let found = try paths(burst, repository)
    #expect(found.count == 257)
    #expect(found.contains("us/er/user.ref"))
    #expect(found.contains("us/er/%3Ax/user%3Ax.ref"))
    #expect(found.contains("us/er/10/user1000.ref"))
  }

  @Test func `the tree is a function of the set of keys, not of the way there`() throws {
    let repository = try ScratchRepository()
    let keys = (0..<700).map { "k\($0 % 7)\($0)" } + (0..<300).map { "user:\($0)" }
    let atOnce = try index([keys], repository)
    let inParts = try index([Array(keys[..<200]), Array(keys[200..<500]), Array(keys[500...]), ["user:7"]], repository)
    let backwards = try index(keys.reversed().map { [$0] }.chunks(of: 100).map { $0.flatMap { $0 } }, repository)
    #expect(atOnce == inParts)
    #expect(atOnce == backwards)
  }

  @Test func `listing finds every key with a prefix and no other`() throws {
    let repository = try ScratchRepository()
    let keys = (0..<600).map { "user:\($0)" } + ["u", "us", "use", "user", "usher", "v"]
    let root = try index([keys], repository)
    for prefix in ["", "u", "us", "use", "user", "user:", "user:5", "user:59", "user:599", "x", "v"] {
      let found = try IndexTree.list(prefix: Array(prefix.utf8), in: root, namespace: main, reader: repository.reader())
      #expect(
        Set(found.map { String(decoding: $0.key, as: UTF8.self) }) == Set(keys.filter { $0.hasPrefix(prefix) }),
        "\(prefix)")
    }
  }
}

struct LedgerTreeTests {
  @Test func `what is put in is found, compared, and taken out without a trace`() throws {
    let repository = try ScratchRepository()
    let store = repository.store()
    let key = try Key("cfg:a")
    let slot = LedgerTree.Slot(data: try store.store(.blob, [1]), meta: try store.store(.blob, [2]))
    let one = try LedgerTree.apply([key: slot], to: nil, namespace: main, reader: repository.reader(), sink: store)
    try store.flush()
    #expect(
      try repository.lines(["ls-tree", "-r", "--name-only", one.hex]) == [
        LedgerTree.dataPath(main, key), LedgerTree.metaPath(main, key),
      ])
    let reader = try repository.reader()
    #expect(try LedgerTree.lookup([key, try Key("b")], in: one, namespace: main, reader: reader) == [key: slot])
    let changes = try LedgerDiff(reader: reader, namespace: main).changes(from: nil, to: one)
    #expect(changes.map(\.key) == [key] && changes[0].before == nil && changes[0].after == slot)
    let none = try LedgerTree.apply([key: nil], to: one, namespace: main, reader: reader, sink: store)
    #expect(none == ObjectFormat.sha1.emptyTree)
  }

  @Test func `more objects than fit loose travel as a pack that git accepts`() throws {
    for format in [ObjectFormat.sha1, .sha256] {
      let repository = try ScratchRepository(format)
      let store = repository.store()
      var ids: [ObjectID] = []
      for at in 0..<300 { ids.append(try store.store(.blob, [UInt8](repeating: UInt8(at % 251), count: at * 300))) }
      try store.flush()
      let replies = try repository.reader().read(ids.map { .contents($0.hex) })
      #expect(zip(ids, replies).allSatisfy { $0 == $1?.id })
      #expect(replies[299]?.bytes == [UInt8](repeating: UInt8(299 % 251), count: 299 * 300))
    }
  }
}

extension Array {
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
