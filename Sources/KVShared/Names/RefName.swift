/// A ref of ours, parsed from its full name.
public enum KVRef: Hashable, Sendable, CustomStringConvertible {
  case ledger(Namespace)
  case index(Namespace)
  case chunks(Namespace, EpochLabel)
  case epoch(Namespace)
  case archive(Namespace, EpochLabel)
  case watchlog(Namespace, EpochLabel)
  case mirror(Namespace)

  public var namespace: Namespace {
    switch self {
    case .ledger(let ns), .index(let ns), .chunks(let ns, _), .epoch(let ns), .archive(let ns, _),
      .watchlog(let ns, _), .mirror(let ns):
      ns
    }
  }

  /// Whether only the server itself writes it.
  public var isServerOwned: Bool {
    switch self {
    case .watchlog, .mirror: true
    default: false
    }
  }

  /// Whether it is that of a sealed epoch.
  var isArchive: Bool { if case .archive = self { true } else { false } }

  public var description: String {
    switch self {
    case .ledger(let ns): "refs/kv/\(ns)"
    case .index(let ns): "refs/kv-index/\(ns)"
    case .chunks(let ns, let epoch): "refs/kv-chunks/\(ns)@\(epoch)"
    case .epoch(let ns): "refs/kv-epoch/\(ns)"
    case .archive(let ns, let epoch): "refs/kv-archive/\(ns)@\(epoch)"
    case .watchlog(let ns, let epoch): "refs/kv-watchlog/\(ns)@\(epoch)"
    case .mirror(let ns): "refs/kv-mirror/\(ns)"
    }
  }

  /// The name below `refs/`, as tracking refs repeat it.
  public var suffix: String { String(description.dropFirst("refs/".count)) }
}

/// The name of a ref in a push or a ref transaction.
public enum RefName: Hashable, Sendable, CustomStringConvertible {
  case kv(KVRef)
  /// Below `refs/kv`, but not a name of ours.
  case malformedKV(String)
  /// A branch, a tag, or anything else that is not ours.
  case other(String)

  public init(_ name: String) {
    // By bytes: strings compare by canonical equivalence, and git does not.
    guard name.utf8.starts(with: "refs/kv".utf8), !name.utf8.starts(with: "refs/kv-tracking/".utf8) else {
      self = .other(name)
      return
    }
    self = Self.parse(name).map(RefName.kv) ?? .malformedKV(name)
  }

  private static func parse(_ name: String) -> KVRef? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    let leaf = parts[2].split(separator: "@", omittingEmptySubsequences: false)
    guard let first = leaf.first, let ns = Namespace(first) else { return nil }
    let epoch = leaf.count == 2 ? EpochLabel(leaf[1]) : nil
    switch (parts[1], leaf.count, epoch) {
    case ("kv", 1, _): return .ledger(ns)
    case ("kv-index", 1, _): return .index(ns)
    case ("kv-epoch", 1, _): return .epoch(ns)
    case ("kv-mirror", 1, _): return .mirror(ns)
    case ("kv-chunks", 2, let epoch?): return .chunks(ns, epoch)
    case ("kv-archive", 2, let epoch?): return .archive(ns, epoch)
    case ("kv-watchlog", 2, let epoch?): return .watchlog(ns, epoch)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .kv(let ref): ref.description
    case .malformedKV(let name), .other(let name): name
    }
  }
}

/// One line of a push: a ref, what it held, what it is to hold.
public struct RefUpdate: Equatable, Sendable {
  public let ref: RefName
  public let old: OldValue
  public let new: OldValue
  /// The repository's format, which even an all-zero id tells by its length.
  public let format: ObjectFormat

  public init(ref: RefName, old: OldValue, new: OldValue, format: ObjectFormat) {
    self.ref = ref
    self.old = old
    self.new = new
    self.format = format
  }

  /// Parses `<old> <new> <ref>`, the line git gives to `pre-receive`, `post-receive` and `reference-transaction`.
  public init?(line: some Collection<UInt8>) {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let old = OldValue(hex: parts[0]), let new = OldValue(hex: parts[1]),
      let name = String(validating: parts[2], as: UTF8.self), !name.isEmpty, parts[0].count == parts[1].count
    else { return nil }
    self.init(ref: RefName(name), old: old, new: new, format: parts[0].count == 40 ? .sha1 : .sha256)
  }

  /// Parses a hook's standard input; what git says of symbolic refs that are not ours (`ref:…` for an id) is passed over. Throws `.io` at the first line that is not git's.
  public static func parse(_ input: [UInt8]) throws(Rejection) -> [RefUpdate] {
    var updates: [RefUpdate] = []
    var seen: Set<[UInt8]> = []
    for line in input.split(separator: UInt8(ascii: "\n")) {
      if isForeignSymbolicRef(line) { continue }
      guard let update = RefUpdate(line: line) else { throw .io("malformed line from git: \(line.quoted)") }
      guard seen.insert(Array(update.ref.description.utf8)).inserted else {
        throw .io("ref \(update.ref.description.quoted) appears twice in one push")
      }
      updates.append(update)
    }
    return updates
  }

  private static func isForeignSymbolicRef(_ line: ArraySlice<UInt8>) -> Bool {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard parts.count == 3, parts[..<2].contains(where: { $0.starts(with: "ref:".utf8) }) else { return false }
    return !parts[2].starts(with: "refs/kv".utf8)
  }
}
