/// The one table of exit codes; `git-kv(1)` mirrors it and a test compares the two.
public enum ExitCode: Int32, CaseIterable, Sendable {
  case ok = 0
  case noSuchKey = 1
  case conflict = 2
  case policy = 3
  case invalidKey = 4
  case io = 5
  case moreToDo = 6
  case expired = 7
  case attestation = 8
  case notLeader = 9
  case mirrorTimeout = 10
  case syncRefused = 11
  case usage = 64

  /// The meaning in the words of the manual page.
  public var meaning: String {
    switch self {
    case .ok: "success"
    case .noSuchKey: "no such key"
    case .conflict: "CAS conflict or lost race"
    case .policy: "policy violation"
    case .invalidKey: "invalid key"
    case .io: "I/O or git error"
    case .moreToDo: "more to do: for the mirror worker, or by an audit"
    case .expired: "the value has expired"
    case .attestation: "attestation mismatch"
    case .notLeader: "not the leader"
    case .mirrorTimeout: "mirror timeout"
    case .syncRefused: "sync refused"
    case .usage: "usage error"
    }
  }
}
