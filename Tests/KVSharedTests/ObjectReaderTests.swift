import KVShared
import Testing

struct ObjectReaderTests {
  @Test func `one who throws gets no more answers, and the next one gets their own`() throws {
    let scratch = try ScratchRepository()
    let reader = try scratch.reader()
    let empty = ObjectFormat.sha1.emptyTree
    var seen: [Int] = []
    #expect(throws: Rejection.self) {
      try reader.read([.info(empty.hex), .contents("no-such"), .contents(empty.hex)]) { (at, reply) throws(Rejection) in
        seen.append(at)
        if reply == nil { throw .io("missing") }
      }
    }
    #expect(seen == [0, 1])
    let next = try reader.read([.info("no-such"), .info(empty.hex)])
    #expect(next[0] == nil)
    #expect(next[1]?.id == empty)
  }
}
