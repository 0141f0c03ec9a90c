import Testing

@testable import KVShared

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

  @Test func `a large journal begins anew with what is known of the mirror`() throws {
    let repository = try ScratchRepository()
    let journal = try Journal(repository: repository.path)
    var state = MirrorState()
    state.pushed = 7
    try journal.rotate(above: 0, keeping: state)
    #expect(try Journal.read(repository: repository.path).size == 0)
    try journal.append([record, record])
    let size = try Journal.read(repository: repository.path).size
    try journal.rotate(above: size, keeping: state)
    #expect(try Journal.read(repository: repository.path).records.count == 2)
    for round in 0..<2 {
      let before = try IO.readFile("\(repository.path)/.stargate/journal.ndjson")
      try journal.rotate(above: size / 2, keeping: round == 0 ? state : nil)
      #expect(try IO.readFile("\(repository.path)/.stargate/journal.1.ndjson") == before)
      let content = try Journal.read(repository: repository.path)
      #expect(content.records.isEmpty && content.mirror == (round == 0 ? state : nil))
      try journal.append([record])
      #expect(try Journal.read(repository: repository.path).records == [record])
    }
  }

  @Test func `the last state of the mirror counts, wherever it stands`() throws {
    let repository = try ScratchRepository()
    let journal = try Journal(repository: repository.path)
    for pushed in 1...3 {
      var state = MirrorState()
      state.pushed = pushed
      try journal.append(state)
      try journal.append([record])
    }
    let content = try Journal.read(repository: repository.path)
    #expect(content.mirror?.pushed == 3 && content.records.count == 3 && content.corruptLines.isEmpty)
  }

  @Test func `what many writers append is there, in one file or the other, while it is rotated`() async throws {
    let repository = try ScratchRepository()
    let path = repository.path
    let record = record
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<50 { try Journal(repository: path).append([record]) } }
      }
      try await group.waitForAll()
    }
    #expect(try Journal.read(repository: path).records.count == 200)
    let size = try Journal.read(repository: path).size
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try Journal(repository: path).rotate(above: size - 1, keeping: nil) }
      for _ in 0..<3 {
        group.addTask { for _ in 0..<20 { try Journal(repository: path).append([record]) } }
      }
      try await group.waitForAll()
    }
    let old = try #require(try IO.readFile("\(path)/.stargate/journal.1.ndjson"))
    let content = try Journal.read(repository: path)
    #expect(content.records.count + old.count { $0 == 10 } == 260 && content.corruptLines.isEmpty)
  }
}
