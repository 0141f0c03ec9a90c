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
    }
    #expect(try Invariants.broken(gate.repo, format: format) == [])
  }

  @Test func aMissingRefAndAStrangersSignatureAreSeen() throws {
    let (gate, _) = try Template.open[.sha1]!.get().copy()
    let strangers = try Invariants.broken(gate.repo, format: .sha1, writers: [Keys.stranger.line])
    #expect(strangers.contains { $0.hasPrefix("a signature does not verify") })
    try gate.repo.must("update-ref", "-d", "refs/kv-index/main")
    #expect(try !Invariants.broken(gate.repo, format: .sha1).isEmpty)
  }
}
