import Testing

/// Every bad push is refused with its code and words, and nothing moves and nothing stays.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct BadPushTests {
  static let tables: [(String, [Row])] = [
    ("trailers", TrailerRows.all), ("history", HistoryRows.all), ("genesis", GenesisRows.all),
    ("signatures", SignatureRows.all), ("names", NameRows.all), ("pointers", PointerRows.all),
    ("policy", PolicyRows.all), ("hostile", HostileRows.all), ("manifests", ManifestRows.all),
    ("chunks", ChunkRows.all), ("epochs", EpochRows.all),
  ]
  static let rows: [Row] = tables.flatMap(\.1)

  /// Each row in one of the formats, the other half in the other.
  @Test(arguments: Share.of(rows, 0, of: 2)) func sha1(_ row: Row) throws { try row.mustBeRefused(.sha1, fsck: false) }
  @Test(arguments: Share.of(rows, 1, of: 2)) func sha256(_ row: Row) throws {
    try row.mustBeRefused(.sha256, fsck: false)
  }
  @Test(arguments: rows.filter(\.fsck)) func byGitItself(_ row: Row) throws { try row.mustBeRefused(.sha1) }
}

/// The cheaper levels: what they refuse like `full`, and what they are documented to let through.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LevelTests {
  /// What `sample` does not see in a change of more keys than it looks at: the rest of the index.
  static let unsampled: Set<String> = [
    "'.git' in the index",
    "257 keys in a leaf",
    "README in the index",
    "a burst folder with one key left behind",
    "a folder burst too early",
    "a key that ends at a burst folder moved into it",
    "a new key beside the folders of a burst one",
    "a new pointer over the old value",
    "a pointer of the new key in two places",
    "a pointer one folder too high",
    "a tombstone of a key that never was",
    "a tombstone with data and metadata left",
    "a whole folder burst too early",
    "an old tombstone removed",
    "data in the index",
    "the pointer of another key changed",
    "the pointer of another key removed",
    "two pointers change places",
  ]

  /// Manifests are read by the same hand at every level, and changes of epoch are proved whole: their rows are not run
  /// through all of them.
  static let rows = BadPushTests.tables.flatMap { name, rows in
    switch name {
    case "manifests": rows.filter { row in !ManifestRows.texts.contains { $0.name == row.name } }
    case "epochs": EpochRows.trees
    default: rows
    }
  }

  /// A change that fits into the sample is proved as at `full`.
  @Test(arguments: Share.of(rows.filter { row in !ofChunks.contains { $0.name == row.name } }, 0, of: 8))
  func sample(_ row: Row) throws {
    try row.mustBeRefused(.sha1, .sample, fsck: false)
  }

  @Test(arguments: Share.of(rows.filter { unsampled.contains($0.name) }, 0, of: 2)) func sampleOfMore(_ row: Row) throws
  {
    var padded = row
    padded.prepare = { gate, forge in
      try row.prepare(gate, forge)
      forge.padding = 40
    }
    try padded.mustPass(.sha1, .sample)
    try padded.mustBeRefused(.sha1, fsck: false)
  }

  /// Rows of chunks where a sample may miss what is wrong, since it is not a value in chunks.
  static let unsampledOfChunks: Set<String> = [
    "a chunked key deleted without a tombstone", "a pointer without manifest and metadata",
    "the pointer of an inline value says chunked",
  ]
  static let ofChunks = (ManifestRows.files + ManifestRows.pointers + ChunkRows.all).filter {
    $0.letThrough.contains(.attest) && !unsampledOfChunks.contains($0.name)
  }

  /// Values in chunks are proved whole, however many other keys change.
  @Test(arguments: Share.of(ofChunks, 1, of: 8)) func sampleOfChunks(_ row: Row) throws {
    var padded = row
    padded.prepare = { gate, forge in
      try row.prepare(gate, forge)
      forge.padding = 40
    }
    try padded.mustBeRefused(.sha1, .sample, fsck: false)
  }

  /// Digests are computed at `deep` alone.
  @Test(arguments: ChunkRows.untrue) func fullDoesNotHash(_ row: Row) throws { try row.mustPass(.sha1, .full) }

  @Test(arguments: Share.of(rows, 2, of: 8)) func attest(_ row: Row) throws {
    if row.letThrough.contains(.attest) {
      try row.mustPass(.sha1, .attest)
    } else {
      try row.mustBeRefused(.sha1, .attest, fsck: false)
    }
  }
}

/// The table itself, without any program of ours: each bad push that can be seen afterwards is seen by the checker.
@Suite struct TableTests {
  @Test func theTableIsLargeAndItsNamesAreUnique() {
    #expect(BadPushTests.rows.count >= 60)
    for (table, rows) in BadPushTests.tables { #expect(Set(rows.map(\.name)).count == rows.count, "\(table)") }
  }

  @Test(arguments: Share.of(BadPushTests.rows.filter(\.visible), 0, of: 6)) func theCheckerSees(_ row: Row) throws {
    let (gate, forge) = try Template.open[.sha1]!.get().copy()
    let push = try row.make(forge)
    let outcome = try forge.push(push, to: gate.path)
    #expect(outcome.ok, "\(row.name): \(outcome.errors)\(outcome.text)")
    let found = try Invariants.broken(gate.repo, format: .sha1, known: Template.known[.sha1]!.get())
    #expect(!found.isEmpty, "\(row.name)")
  }
}
