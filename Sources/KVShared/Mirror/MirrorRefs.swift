import Glibc

/// The refs of a Stargate, what its mirror should show for them, and what that showed when last seen.
public struct MirrorRefs: Equatable, Sendable {
  /// Where the Stargate remembers what the mirror had.
  public static let tracking = "refs/kv-tracking/mirror/"

  /// Our refs here, without the watermarks.
  public private(set) var here: [KVRef: ObjectID] = [:]
  /// By their names on the mirror.
  public private(set) var known: [String: ObjectID] = [:]
  /// The watermarks that the Stargate shows to its own readers, by name.
  private(set) var marks: [String: ObjectID] = [:]

  static let watermarks = "refs/kv-mirror/"

  /// What is mirrored, besides the watermarks.
  static let kinds = ["kv", "kv-index", "kv-chunks", "kv-epoch", "kv-archive", "kv-watchlog"]

  /// Reads the refs, perhaps while a push moves them.
  init(_ station: Station) throws(Rejection) {
    let patterns = Self.kinds.map { "refs/\($0)/" } + [Self.watermarks, Self.tracking]
    for (name, id) in try station.git.refs(patterns) {
      if name.hasPrefix(Self.tracking) {
        known["refs/" + name.dropFirst(Self.tracking.count)] = id
      } else if name.hasPrefix(Self.watermarks) {
        marks[name] = id
      } else if case .kv(let ref) = RefName(name) {
        here[ref] = id
      }
    }
  }

  /// Reads the refs at one moment: none of a push, or all of it.
  static func settled(_ station: Station) throws(Rejection) -> MirrorRefs {
    while true {
      let refs = try MirrorRefs(station)
      if try refs.isSettled(station) { return refs }
      usleep(1000)
    }
  }

  /// Whether these refs were there at one moment.
  ///
  /// Git locks all refs of a push before it moves the first: two equal readings with no lock between them saw none of it,
  /// or all.
  func isSettled(_ station: Station) throws(Rejection) -> Bool {
    guard !RefFiles(station.repository).areMoving else { return false }
    return try MirrorRefs(station).here == here
  }

  public var namespaces: Set<Namespace> { Set(here.keys.map(\.namespace)) }

  func ledger(_ namespace: Namespace) -> ObjectID? { here[.ledger(namespace)] }

  /// What the mirror should hold.
  /// - Parameters:
  ///   - showroom: whether the ledgers are shown as branches too.
  ///   - held: namespaces that are left as they are.
  public func due(showroom: Bool, without held: Set<Namespace> = []) -> [String: ObjectID] {
    var due: [String: ObjectID] = [:]
    for (ref, id) in here where !held.contains(ref.namespace) {
      due[ref.description] = id
      guard case .ledger(let ns) = ref else { continue }
      due[KVRef.mirror(ns).description] = id
      if showroom { due[Self.showroom(ns)] = id }
    }
    return due
  }

  /// The branch that shows a ledger.
  static func showroom(_ namespace: Namespace) -> String { "refs/heads/kv/\(namespace)" }

  /// The namespace that a ref on the mirror belongs to; nil for one that is none of ours.
  static func namespace(of name: String) -> Namespace? {
    if case .kv(let ref) = RefName(name) { return ref.namespace }
    let branch = "refs/heads/kv/"
    return name.hasPrefix(branch) ? Namespace(name.dropFirst(branch.count)) : nil
  }

  /// Notes what the server itself has moved.
  mutating func note(_ ref: KVRef, _ id: ObjectID?) { here[ref] = id }

  /// Notes what the mirror was found to hold.
  mutating func note(_ names: [String: ObjectID?]) {
    for (name, id) in names {
      known[name] = id
      if name.hasPrefix(Self.watermarks), let id { marks[name] = id }
    }
  }
}
