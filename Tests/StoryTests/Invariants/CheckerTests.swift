import Testing

/// The forge against the checker, with no program of ours between them.
@Suite struct CheckerTests {
  @Test(arguments: ObjectFormat.allCases) func goodHistoryIsSound(_ format: ObjectFormat) throws {
    let (gate, forge) = try Template.open[format]!.get().copy()
    #expect(try Invariants.broken(gate.repo, format: format) == [])
    #expect(try Invariants.broken(gate.repo, ns: "other", format: format, writers: [Keys.other.line]) == [])
    #expect(try Invariants.broken(gate.repo, ns: "absent", format: format) == [])
    #expect(
      try forge.repo.must("show", "refs/base/kv/main:\(Names.data("main", Array("cfg:1".utf8)))") == "second value")
    try forge.commit(gate.path) { store in
      store.entries["near:256"] = Value("bursts")
      store.entries["cfg:gone"] = Value("is back")
      store.entries["cfg:0"] = .some(nil)
      store.entries["big:0"] = Value("inline now")
      store.entries["cfg:2"] = Value(noise: 3000, seed: 101)
    }
    #expect(try Invariants.broken(gate.repo, format: format) == [])
    try forge.commit(gate.path) { $0.entries["big:0"] = Value(noise: 4500, seed: 100) }
    #expect(try Invariants.broken(gate.repo, format: format) == [])
  }

  /// Etags are recomputed where the checker is asked to, and has the hash.
  @Test func aWrongETagIsSeen() throws {
    for (right, wrong) in [(Value("abc"), Value("abd")), (Value(noise: 4500), Value(noise: 4500, seed: 2))] {
      let box = try Sandbox()
      let gate = try Stargate.make(box, "gate.git", policy: "", hooked: false)
      let forge = try Forge(box, "forge.git")
      try forge.commit(gate.path) { $0.entries["x"] = right.proven }
      #expect(try Invariants.broken(gate.repo, format: .sha1, etags: true) == [])
      try forge.commit(gate.path) { store in
        store.entries["x"] = right
        store.entries["x"]??.etag = wrong.proven.etag
      }
      #expect(try Invariants.broken(gate.repo, format: .sha1) == [])
      #expect(try Invariants.broken(gate.repo, format: .sha1, etags: true).contains { $0.contains("etag") })
    }
  }

  /// RFC 7693, appendix A, and the lengths around a block against `b2sum`.
  @Test func blake2bMatchesTheProgram() throws {
    let box = try Sandbox()
    #expect(Digest.hex(BLAKE2b.hash(Array("abc".utf8))).hasPrefix("ba80a53f981c4d0d6a2797b69f12f6e9"))
    for size in [0, 1, 127, 128, 129, 255, 256, 257, 1000] {
      let bytes = Value(noise: size).bytes
      #expect(try box.must(["b2sum"], input: bytes).hasPrefix(Digest.hex(BLAKE2b.hash(bytes))))
    }
  }

  @Test func aMissingRefAndAStrangersSignatureAreSeen() throws {
    let (gate, _) = try Template.open[.sha1]!.get().copy()
    let strangers = try Invariants.broken(gate.repo, format: .sha1, writers: [Keys.stranger.line])
    #expect(strangers.contains { $0.hasPrefix("a signature does not verify") })
    try gate.repo.must("update-ref", "-d", "refs/kv-index/main")
    #expect(try !Invariants.broken(gate.repo, format: .sha1).isEmpty)
  }
}
