import KVShared
import Testing

struct JournalTests {
  private let record = JournalRecord(
    ref: .ledger(Namespace("main")!), old: .absent, new: ObjectID(String(repeating: "1", count: 40))!,
    at: Timestamp("2026-11-23T10:00:00Z")!)

  @Test func `records come back`() throws {
    let repository = try ScratchRepository()
    try Journal(repository: repository.path).append([record, record])
    let content = try Journal.read(repository: repository.path)
    #expect(content.records == [record, record])
    #expect(content.corruptLines.isEmpty)
  }

  @Test func `a torn tail is skipped and does not swallow what follows`() throws {
    let repository = try ScratchRepository()
    try Journal(repository: repository.path).append([record])
    let path = "\(repository.path)/.stargate/journal.ndjson"
    let whole = try #require(try IO.readFile(path))
    for cut in [1, 20, whole.count - 2] {
      try IO.replaceFile(path, whole + whole.prefix(cut))
      try Journal(repository: repository.path).append([record])
      let content = try Journal.read(repository: repository.path)
      #expect(content.records == [record, record])
      #expect(content.corruptLines == [2])
    }
  }

  @Test func `a flipped bit is found wherever it is`() throws {
    let repository = try ScratchRepository()
    try Journal(repository: repository.path).append([record])
    let path = "\(repository.path)/.stargate/journal.ndjson"
    let whole = try #require(try IO.readFile(path))
    for at in 0..<(whole.count - 1) {
      var damaged = whole
      damaged[at] ^= 1
      try IO.replaceFile(path, damaged)
      #expect(try Journal.read(repository: repository.path).records.isEmpty)
    }
  }
}
