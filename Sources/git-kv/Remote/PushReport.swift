import KVShared

/// What `git push --porcelain` says of each ref.
struct PushReport {
  /// The reasons of refs that were not taken, as git words them.
  let refusals: [String]

  init(porcelain: [UInt8]) {
    refusals = porcelain.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      guard fields.count >= 3, fields[0].elementsEqual("!".utf8) else { return nil }
      return String(decoding: fields[2], as: UTF8.self)
    }
  }

  /// The words with which git (whose messages are asked for in the C locale) says that a ref has moved meanwhile.
  private static let raceMarks = [
    "fetch first", "non-fast-forward", "stale info", "cannot lock ref", "reference already exists",
    "atomic transaction failed", "failed to update ref", "incorrect old value", "failed to lock", "already exists",
    "transaction failed",
  ]

  /// The first refusal that means a lost race; nil where none does.
  var lostRace: String? {
    refusals.first { refusal in Self.raceMarks.contains { refusal.contains($0) } }
  }

  /// The first refusal.
  var refusal: String? { refusals.first }
}

/// The verdict that a hook printed on the other side, between git's own lines.
struct RemoteVerdict {
  let rejection: Rejection?

  init(errors: [UInt8]) {
    var error: (code: ExitCode, message: String)?
    var hint = ""
    for line in String(decoding: errors, as: UTF8.self).split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
      // A hook that stops a push late, on the same machine, is heard without git's prefix.
      let text = String(line.hasPrefix("remote: ") ? line.dropFirst("remote: ".count) : line).trimmingSpaces
      if error == nil, text.hasPrefix("kv: error: "), text.hasSuffix("]"), let open = text.lastIndex(of: "["),
        let number = Int32(text[text.index(after: open)...].dropLast()), let code = ExitCode(rawValue: number)
      {
        let message = text[..<open].dropFirst("kv: error: ".count)
        error = (code, String(message).trimmingSpaces)
      } else if hint.isEmpty, text.hasPrefix("kv: hint: ") {
        hint = String(text.dropFirst("kv: hint: ".count))
      }
    }
    rejection = error.map { .remote($0.code, $0.message, hint: hint) }
  }
}
