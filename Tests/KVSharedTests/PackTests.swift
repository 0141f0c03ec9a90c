import Testing

@testable import KVShared

/// What the store writes is what git would have written.
@Suite struct PackTests {
  @Test(arguments: [ObjectFormat.sha1, .sha256]) func packIsGits(format: ObjectFormat) throws {
    let repository = try ScratchRepository(format)
    let store = repository.store()
    var ids: [ObjectID] = []
    for size in [0, 1, 15, 16, 2047, 2048, 65_535, 65_536, 200_000] + Array(3000..<3150) {
      ids.append(try store.store(.blob, [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size)))
    }
    let large = [UInt8](repeating: 7, count: 3_000_000)
    let id = ObjectHasher(format).id(.blob, large)
    try large.withUnsafeBytes { bytes in try store.store(blob: id, bytes) }
    try store.flush()
    let packs = try repository.lines(["count-objects", "-v"]).filter { $0.hasPrefix("packs: ") }
    #expect(packs == ["packs: 1"])
    #expect(try repository.git.run(["fsck", "--strict", "--full"]).status == 0)
    let found = try ChildProcess.run(
      ["find", "\(repository.path)/objects/pack", "-name", "*.pack"], environment: .inherited()
    ).text
    // git's own index of the same pack is the same file.
    let index = found.dropLast(5) + ".idx"
    try repository.git.run(["index-pack", "-o", "\(repository.path)/again.idx", found]).check("git index-pack")
    #expect(try IO.readFile(String(index)) == IO.readFile("\(repository.path)/again.idx"))
    let replies = try repository.reader().read((ids + [id]).map { .contents($0.hex) })
    #expect(replies.allSatisfy { $0 != nil })
    #expect(replies.last??.bytes == large)
    // Nothing but pack and index is left.
    let files = try ChildProcess.run(["ls", "-A", "\(repository.path)/objects/pack"], environment: .inherited()).text
    #expect(files.split(separator: "\n").allSatisfy { $0.hasPrefix("pack-") })
  }

  @Test func abandonedPackLeavesNothing() throws {
    let repository = try ScratchRepository()
    do {
      let store = repository.store()
      for at in 0..<200 { _ = try store.store(.blob, Array("blob \(at)".utf8)) }
    }
    let files = try ChildProcess.run(["ls", "-A", "\(repository.path)/objects/pack"], environment: .inherited()).text
    #expect(files.isEmpty)
  }

  @Test func replacedFileIsWhole() throws {
    let repository = try ScratchRepository()
    let path = "\(repository.path)/out"
    for text in ["one", "the second"] {
      let file = try UnlinkedFile(in: repository.path, mode: 0o644)
      try IO.write(text, to: file.raw, "out")
      #expect(try IO.readFile("\(repository.path)/.out.kv-new") == nil)
      // What a crash has left between the two steps is in nobody's way.
      try IO.replaceFile("\(repository.path)/.out.kv-new", [1])
      try file.replace(path)
      #expect(try IO.readFile(path) == Array(text.utf8))
      #expect(try IO.readFile("\(repository.path)/.out.kv-new") == nil)
    }
  }
}
