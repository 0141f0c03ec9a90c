/// Why a push or a command is refused: a closed set, each case with its exit code, message and hint.
public enum Rejection: Error, Equatable, Sendable {
  case noSuchKey(String)
  case lostRace(String)
  /// A compare-and-swap that did not hold; carries the current ledger tree and the key's current blob, in hex.
  case conflict(String, tree: String?, blob: String?)
  case policy(String, hint: String)
  case invalidKey(String)
  case io(String, hint: String = "")
  case expired(String)
  case attestation(String, hint: String = "")
  case notLeader(String)
  /// The mirror does not show, or does not answer, in time.
  case mirrorTimeout(String, hint: String = "")
  /// The mirror holds what would be lost.
  case syncRefused(String, hint: String = "")
  case usage(String, hint: String = "")
  /// What was asked for is done in part, and the rest cannot be done as things are.
  case incomplete(String, hint: String = "")
  /// What a Stargate answered, passed on as it was.
  case remote(ExitCode, String, hint: String)

  public var code: ExitCode {
    switch self {
    case .noSuchKey: .noSuchKey
    case .lostRace, .conflict: .conflict
    case .policy: .policy
    case .invalidKey: .invalidKey
    case .io: .io
    case .expired: .expired
    case .attestation: .attestation
    case .notLeader: .notLeader
    case .mirrorTimeout: .mirrorTimeout
    case .syncRefused: .syncRefused
    case .usage: .usage
    case .incomplete: .moreToDo
    case .remote(let code, _, _): code
    }
  }

  public var message: String {
    switch self {
    case .noSuchKey(let text), .lostRace(let text), .conflict(let text, _, _), .policy(let text, _),
      .invalidKey(let text), .io(let text, _), .expired(let text), .attestation(let text, _), .notLeader(let text),
      .mirrorTimeout(let text, _), .syncRefused(let text, _), .usage(let text, _), .incomplete(let text, _),
      .remote(_, let text, _):
      text
    }
  }

  public var hint: String {
    switch self {
    case .policy(_, let hint), .io(_, let hint), .mirrorTimeout(_, let hint), .syncRefused(_, let hint),
      .usage(_, let hint), .incomplete(_, let hint), .remote(_, _, let hint):
      hint
    case .attestation(_, let hint): hint.isEmpty ? "make transactions with 'git kv'; nothing has been changed" : hint
    case .noSuchKey: ""
    case .lostRace: "somebody else was faster; fetch and build the transaction again"
    case .conflict(_, nil, nil): ""
    case .conflict(_, let tree, let blob):
      "current tree \(tree ?? "-"), current blob \(blob ?? "-"); read again and decide anew"
    case .invalidKey: "a key is 1 to 1024 bytes of UTF-8 without control characters"
    case .expired: "use --allow-expired to read it all the same"
    case .notLeader: "push to the current leader"
    }
  }

  /// The lines a hook or the client writes to standard error: `kv: error: … [code]` and, where there is one, `kv: hint: …`.
  public var report: String {
    let error = "kv: error: \(message) [\(code.rawValue)]\n"
    return hint.isEmpty ? error : error + "kv: hint: \(hint)\n"
  }
}

extension String {
  /// The text in single quotes, control characters replaced, cut to a readable length: foreign text in a message.
  public var quoted: String {
    let text = String(String.UnicodeScalarView(unicodeScalars.prefix(200)))
    return "'\(text.printable)'\(unicodeScalars.count > 200 ? "…" : "")"
  }

  /// The text with its control characters replaced: one line, whoever wrote it.
  public var printable: String {
    var text = ""
    for scalar in unicodeScalars {
      text.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar)
    }
    return text
  }
}

extension String {
  public var trimmingSpaces: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension Sequence<UInt8> {
  /// The bytes as text in single quotes, what is not UTF-8 replaced.
  public var quoted: String { String(decoding: Array(self), as: UTF8.self).quoted }
}
