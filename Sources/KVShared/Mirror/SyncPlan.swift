/// What would bring the mirror together with the Stargate, a ref each.
public struct SyncPlan: Sendable {
  public enum Action: String, Codable, Sendable {
    /// The mirror lacks the ref.
    case create
    /// What it has is part of what it gets.
    case forward
    /// The watermark says what it should not.
    case watermark
    /// What it has would be lost.
    case overwrite
    /// The Stargate has no such ref.
    case delete

    /// The least mode that does it.
    var leastMode: String {
      switch self {
      case .create, .forward, .watermark: "--repair"
      case .overwrite: "--force"
      case .delete: "--hard"
      }
    }
  }

  /// How far an operator goes.
  public enum Mode: String, Codable, Sendable {
    /// Compares and does nothing.
    case compare
    /// Does what loses no commit.
    case repair
    /// Overwrites.
    case force
    /// Overwrites, and deletes.
    case hard

    func covers(_ action: Action) -> Bool {
      switch action {
      case .create, .forward, .watermark: self != .compare
      case .overwrite: self == .force || self == .hard
      case .delete: self == .hard
      }
    }
  }

  public struct Item: Codable, Sendable {
    public let ref: String
    public let action: Action
    /// What the mirror holds, in hex.
    public let old: String?
    public let new: String?
    /// Whether the mode covers it.
    public let isDue: Bool

    enum CodingKeys: String, CodingKey {
      case ref, action, old, new
      case isDue = "due"
    }

    public var words: String {
      let what = "\(ref): \(action.rawValue) \(old ?? "-") -> \(new ?? "-")"
      return isDue ? what : "\(what) (not done: \(action.leastMode))"
    }
  }

  public let mode: Mode
  public let items: [Item]

  /// - Parameter wanted: by ref; a namespace in which something is refused is left alone as a whole.
  init(_ mode: Mode, _ wanted: [(ref: String, action: Action, old: ObjectID?, new: ObjectID?)]) {
    self.mode = mode
    // Every push moves the term: where that is not ours to move, nothing goes.
    let isFenced = wanted.contains { $0.ref == TermRef.name && !mode.covers($0.action) }
    let refused = Set(
      wanted.filter { !mode.covers($0.action) && $0.action != .delete }.map { MirrorRefs.namespace(of: $0.ref) })
    items = wanted.sorted { $0.ref < $1.ref }.map { ref, action, old, new in
      let isDue = !isFenced && mode.covers(action) && !refused.contains(MirrorRefs.namespace(of: ref))
      return Item(ref: ref, action: action, old: old?.hex, new: new?.hex, isDue: isDue)
    }
  }

  public var due: [Item] { items.filter(\.isDue) }

  /// What another mode would do.
  public var refused: [Item] { items.filter { !$0.isDue } }

  /// Whether commits or refs of the mirror would go.
  public var needsAdmin: Bool { due.contains { $0.action == .overwrite || $0.action == .delete } }

  /// What no repair would heal, and this mode does not touch.
  public var parted: [Item] { refused.filter { $0.action == .overwrite || $0.action == .delete } }
}
