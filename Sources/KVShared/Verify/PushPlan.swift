/// What a push wants, sorted by namespace; refuses at once what no push may do (V2).
struct PushPlan {
  /// The refs of one namespace that a push moves.
  struct Move {
    var ledger: RefUpdate?
    var index: RefUpdate?
    var chunks: RefUpdate?
    var epoch: RefUpdate?
    /// Only a change of epoch creates one.
    var archive: RefUpdate?
  }

  var moves: [Namespace: Move] = [:]
  /// Branches, tags and whatever else is not ours.
  var others: [RefUpdate] = []

  /// Throws `.policy` for server-owned refs, deletions, archives that move, and names below `refs/kv` that are not ours.
  init(_ updates: [RefUpdate]) throws(Rejection) {
    for update in updates {
      guard case .kv(let ref) = update.ref else {
        try sortForeign(update)
        continue
      }
      guard !ref.isServerOwned else {
        throw .policy(
          "\(ref.description.quoted) belongs to the server", hint: "push ledger and index; the server derives the rest")
      }
      guard update.new != .absent else {
        throw .policy("\(ref.description.quoted) may not be deleted", hint: "delete keys with 'git kv del'")
      }
      switch ref {
      case .ledger(let ns): moves[ns, default: Move()].ledger = update
      case .index(let ns): moves[ns, default: Move()].index = update
      case .chunks(let ns, _):
        guard moves[ns]?.chunks == nil else {
          throw .attestation("the push moves chunks of two epochs of \(ns.name.quoted)")
        }
        moves[ns, default: Move()].chunks = update
      case .epoch(let ns): moves[ns, default: Move()].epoch = update
      case .archive(let ns, _):
        guard update.old == .absent else { throw Self.sealed(update.ref) }
        guard moves[ns]?.archive == nil else {
          throw .attestation("the push seals two epochs of \(ns.name.quoted)")
        }
        moves[ns, default: Move()].archive = update
      case .watchlog, .mirror: break
      }
    }
  }

  /// The refusal of an archive that would move.
  static func sealed(_ ref: RefName) -> Rejection {
    .policy("\(ref.description.quoted) is sealed and never moves", hint: "write to the current epoch")
  }

  /// Replace refs change what git shows; a branch named `refs/…` below its prefix answers where a ref of ours is missing.
  private static func isDangerous(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return bytes.starts(with: "refs/replace".utf8) || bytes.starts(with: "refs/kv".utf8)
      || String(decoding: bytes.dropFirst(4), as: UTF8.self).utf8.split(separator: UInt8(ascii: "/")).contains {
        $0.elementsEqual("refs".utf8)
      }
  }

  private mutating func sortForeign(_ update: RefUpdate) throws(Rejection) {
    switch update.ref {
    case .malformedKV(let name):
      throw .policy(
        "\(name.quoted) is not a ref of this store", hint: "refs are refs/kv/<ns>, refs/kv-index/<ns> and their kin")
    case .other(let name) where Self.isDangerous(name):
      throw .policy("\(name.quoted) may not be pushed here", hint: "push branches, tags and transactions")
    default: others.append(update)
    }
  }
}
