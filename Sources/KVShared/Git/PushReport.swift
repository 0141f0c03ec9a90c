/// What `git push --porcelain` says of each ref.
public struct PushReport: Sendable {
  /// A ref that was not taken.
  public struct Refusal: Sendable {
    /// The ref's name on the other side.
    public let ref: String
    /// As git words it.
    public let reason: String
  }

  public let refusals: [Refusal]

  public init(porcelain: [UInt8]) {
    refusals = porcelain.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count >= 3, fields[0].elementsEqual("!".utf8) else { return nil }
      let names = fields[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      return Refusal(
        ref: String(decoding: names.last ?? [], as: UTF8.self), reason: String(decoding: fields[2], as: UTF8.self))
    }
  }

  /// The words with which git (whose messages are asked for in the C locale) says that a ref has moved meanwhile.
  private static let raceMarks = [
    "fetch first", "non-fast-forward", "stale info", "cannot lock ref", "reference already exists",
    "atomic transaction failed", "failed to update ref", "incorrect old value", "failed to lock", "already exists",
    "transaction failed",
  ]

  /// The first refusal that means a lost race, in git's words; nil where none does.
  public var lostRace: String? {
    refusals.map(\.reason).first { reason in Self.raceMarks.contains { reason.contains($0) } }
  }

  /// The first refusal, in git's words.
  public var refusal: String? { refusals.first?.reason }

  /// The first ref that was refused for its own sake, and not because another one of an atomic push was.
  public var firstCause: Refusal? {
    refusals.first { !$0.reason.contains("atomic push fail") } ?? refusals.first
  }
}
