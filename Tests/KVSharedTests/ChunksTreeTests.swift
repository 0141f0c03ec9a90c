import Testing

@testable import KVShared

@Suite struct ChunksTreeTests {
  private let namespace = Namespace("main")!

  private func chunk(_ text: String, _ store: ObjectStore) throws -> (ChunkDigest, ObjectID) {
    let bytes = Array(text.utf8)
    return (bytes.withUnsafeBytes { ChunkDigest(of: $0) }, try store.store(.blob, bytes))
  }

  @Test(arguments: [ObjectFormat.sha1, .sha256]) func addAndLookUp(format: ObjectFormat) throws {
    let repository = try ScratchRepository(format)
    let store = repository.store()
    let first = try chunk("first", store)
    let second = try chunk("second", store)
    let reader = try repository.reader()
    let one = try ChunksTree.add([first.0: first.1], to: nil, namespace: namespace, reader: reader, sink: store)
    try store.flush()
    let two = try ChunksTree.add([second.0: second.1], to: one, namespace: namespace, reader: reader, sink: store)
    try store.flush()
    let hex = first.0.hex
    let path = "kv/main/chunks/sha256/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
    #expect(try repository.lines(["ls-tree", "-r", one.hex]) == ["100644 blob \(first.1)\t\(path)"])
    #expect(try repository.lines(["ls-tree", "-r", two.hex]).count == 2)
    let absent = Array("absent".utf8).withUnsafeBytes { ChunkDigest(of: $0) }
    let found = try ChunksTree.lookup([first.0, second.0, absent], in: two, namespace: namespace, reader: reader)
    #expect(found == [first.0: first.1, second.0: second.1])
    // The order of the steps leaves no trace.
    let naming = NamingSink(format)
    let both = try ChunksTree.add(
      [first.0: first.1, second.0: second.1], to: nil, namespace: namespace, reader: reader, sink: naming)
    #expect(both == two)
  }

  @Test func names() {
    #expect(
      [UInt8]().withUnsafeBytes { ChunkDigest(of: $0) }.description
        == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(ChunkDigest(hex: Array("E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8)) == nil)
    #expect(ChunkDigest(hex: Array("e3b0c44298fc1c149afbf4c8996fb92427ae41e4".utf8)) == nil)
  }
}
