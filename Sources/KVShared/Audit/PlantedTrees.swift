/// Trees that an audit has computed, by their ids: the trees of an index that nobody has kept, or nobody is to be trusted
/// with.
///
/// It is a sink and a source: what a tree has to be after a transaction is computed from what it had to be before.
final class PlantedTrees: ObjectSink {
  private let hasher: ObjectHasher
  private var trees: [ObjectID: [UInt8]] = [:]
  private var bytes = 0
  private var limit = PlantedTrees.slack

  /// Bytes of trees that nothing reaches any more and that stay for the time being.
  private static let slack = 64 << 20

  init(_ format: ObjectFormat) { hasher = ObjectHasher(format) }

  var format: ObjectFormat { hasher.format }

  subscript(_ id: ObjectID) -> [UInt8]? { trees[id] }

  func store(_ kind: ObjectKind, _ content: [UInt8]) -> ObjectID {
    let id = hasher.id(kind, content)
    if kind == .tree, trees.updateValue(content, forKey: id) == nil { bytes += content.count }
    return id
  }

  /// Drops what some roots do not reach, once that is much.
  func prune(to roots: [ObjectID]) {
    guard bytes > limit else { return }
    var kept: [ObjectID: [UInt8]] = [:]
    var waiting = roots
    bytes = 0
    while let id = waiting.popLast() {
      guard kept[id] == nil, let content = trees[id] else { continue }
      kept[id] = content
      bytes += content.count
      for entry in (try? Tree.parse(content, format)) ?? [] where entry.isTree { waiting.append(entry.id) }
    }
    trees = kept
    limit = 2 * bytes + Self.slack
  }
}
