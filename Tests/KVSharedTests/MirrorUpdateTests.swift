import Testing

@testable import KVShared

@Suite struct MirrorUpdateTests {
  private let id = ObjectID(String(repeating: "1", count: 40))!

  private func updates(_ spaces: Range<Int>, _ kinds: [String]) -> [MirrorUpdate] {
    spaces.flatMap { number in kinds.map { MirrorUpdate(name: "refs/\($0)/ns-\(number)", new: id, old: nil) } }
  }

  @Test func `a command line takes so many refs, and a namespace goes as a whole`() {
    let all = updates(0..<700, ["kv", "kv-index", "kv-mirror"])
    let batches = MirrorUpdate.batches(all)
    #expect(batches.map(\.count) == [999, 999, 102])
    #expect(Set(batches.joined().map(\.name)) == Set(all.map(\.name)))
    let spaces = batches.map { Set($0.map { MirrorRefs.namespace(of: $0.name) }) }
    #expect(spaces[0].isDisjoint(with: spaces[1]) && spaces[1].isDisjoint(with: spaces[2]))
    #expect(batches.joined().count == all.count)
  }

  @Test func `few go at once, in the order given, and what belongs to no namespace first`() {
    let few = updates(1..<4, ["kv-index", "kv", "kv-mirror"])
    #expect(MirrorUpdate.batches(few) == [few])
    #expect(MirrorUpdate.batches([]).isEmpty)
    let term = MirrorUpdate(name: TermRef.name, new: id, old: nil)
    #expect(MirrorUpdate.batches(few + [term]) == [[term] + few])
  }

  @Test func `one namespace of very many refs is not cut`() {
    let many = (0..<1500).map { MirrorUpdate(name: "refs/kv-archive/a@E\($0)", new: id, old: nil) }
    #expect(MirrorUpdate.batches(many + updates(0..<1, ["kv"])).map(\.count) == [1500, 1])
  }
}
