/// What the worker finds in a journal.
public struct JournalReport: Codable, Sendable {
  public let records: Int
  public let bytes: Int
  /// Line numbers of what is no record with a right checksum.
  public let corrupt: [Int]
  /// Refs whose last record names another commit than they hold, or that have no record.
  public let unrecorded: [String]

  /// Reads the journal of a repository and compares it with its refs.
  public init(repository: String, git: Git) throws(Rejection) {
    let content = try Journal.read(repository: repository)
    var last: [String: String] = [:]
    for record in content.records { last[record.ref] = record.new }
    let answer = try git.run([
      "for-each-ref", "--format=%(objectname) %(refname)", "refs/kv/", "refs/kv-index/", "refs/kv-chunks/",
      "refs/kv-epoch/", "refs/kv-archive/",
    ]).check("listing refs")
    unrecorded = answer.text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      return parts.count == 2 && last[parts[1]] != parts[0] ? parts[1] : nil
    }
    records = content.records.count
    bytes = content.size
    corrupt = content.corruptLines
  }

  /// The report in words.
  public var text: String {
    var text = "journal: \(records) records, \(bytes) bytes, \(corrupt.count) corrupt lines\n"
    for line in corrupt { text += "journal: line \(line) is corrupt and was skipped\n" }
    for ref in unrecorded { text += "journal: \(ref) is ahead of its last record\n" }
    return text
  }
}
