/// What `git push --porcelain` says of each ref.
public struct PushReport: Sendable {
  /// A ref that was not taken.
  public struct Refusal: Sendable {
    /// The ref's name on the other side.
    public let ref: String
    /// As git words it.
    public let reason: String

    /// The reason alone, out of `[remote rejected] (reason)`.
    public var words: String {
      guard reason.first == "[", let open = reason.firstIndex(of: "("), reason.last == ")" else { return reason }
      return String(reason[reason.index(after: open)...].dropLast())
    }

    /// Whether it means a lost race.
    public var isRace: Bool { PushReport.raceMarks.contains { reason.contains($0) } }
  }

  public let refusals: [Refusal]
  /// The refs over there that hold now what was pushed.
  public let taken: [String]
  /// Those of them that held it before.
  public let upToDate: [String]

  public init(porcelain: [UInt8]) {
    let lines = porcelain.split(separator: UInt8(ascii: "\n")).compactMap { line -> (UInt8, String, String)? in
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count >= 3, fields[0].count == 1, let flag = fields[0].first else { return nil }
      let names = fields[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      return (flag, String(decoding: names.last ?? [], as: UTF8.self), String(decoding: fields[2], as: UTF8.self))
    }
    refusals = lines.filter { $0.0 == UInt8(ascii: "!") }.map { Refusal(ref: $0.1, reason: $0.2) }
    taken = lines.filter { " +-*=".utf8.contains($0.0) }.map(\.1)
    upToDate = lines.filter { $0.0 == UInt8(ascii: "=") }.map(\.1)
  }

  /// The words with which git (whose messages are asked for in the C locale) says that a ref has moved meanwhile.
  private static let raceMarks = [
    "fetch first", "non-fast-forward", "stale info", "cannot lock ref", "reference already exists",
    "atomic transaction failed", "failed to update ref", "incorrect old value", "failed to lock", "already exists",
    "transaction failed",
  ]

  /// The first refusal that means a lost race, in git's words; nil where none does.
  public var lostRace: String? {
    refusals.first(where: \.isRace)?.reason
  }

  /// The first refusal, in git's words.
  public var refusal: String? { refusals.first?.reason }

  /// The first ref that was refused for its own sake, and not because another one of an atomic push was.
  public var firstCause: Refusal? {
    refusals.first { !$0.reason.contains("atomic push fail") } ?? refusals.first
  }
}
