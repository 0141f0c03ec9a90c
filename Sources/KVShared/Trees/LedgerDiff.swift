/// One key that differs between two ledger trees.
public struct KeyChange: Sendable {
  public let key: Key
  public let before: LedgerTree.Slot?
  /// nil: the key has been deleted.
  public let after: LedgerTree.Slot?
}

/// Finds the keys that differ between two ledger trees, reading only directories that differ, and refuses any path on
/// the new side that is not canonical. The old side is trusted: it was proved when it was new.
public struct LedgerDiff {
  let reader: ObjectReader
  let namespace: Namespace
  let forbidLFS: Bool

  public init(reader: ObjectReader, namespace: Namespace, forbidLFS: Bool = false) {
    self.reader = reader
    self.namespace = namespace
    self.forbidLFS = forbidLFS
  }

  /// A directory that stands for one shard prefix, in both trees and both kinds.
  private struct Node {
    var prefix: [UInt8]
    var oldData: ObjectID?
    var newData: ObjectID?
    var oldMeta: ObjectID?
    var newMeta: ObjectID?

    var differs: Bool { oldData != newData || oldMeta != newMeta }
    var trees: [ObjectID] { [oldData, newData, oldMeta, newMeta].compactMap { $0 } }
  }

  /// Throws `.attestation`, `.invalidKey` or (for what LFS leaves behind) `.policy`.
  public func changes(from old: ObjectID?, to new: ObjectID) throws(Rejection) -> [KeyChange] {
    guard old != new else { return [] }
    let before = try kinds(of: old)
    let after = try kinds(of: new == reader.format.emptyTree ? nil : new)
    var level = [
      Node(prefix: [], oldData: before.data, newData: after.data, oldMeta: before.meta, newMeta: after.meta)
    ].filter(\.differs)
    for _ in 0..<2 {
      try reader.load(trees: level.flatMap(\.trees))
      var next: [Node] = []
      for node in level { try descend(node, into: &next) }
      level = next
    }
    try reader.load(trees: level.flatMap(\.trees))
    var changes: [KeyChange] = []
    for node in level { try compare(node, into: &changes) }
    return changes
  }

  /// The `data` and `meta` directories of a root tree that holds nothing else.
  private func kinds(of root: ObjectID?) throws(Rejection) -> (data: ObjectID?, meta: ObjectID?) {
    guard var at = root else { return (nil, nil) }
    for name in LedgerTree.root(of: namespace) {
      let entries = try reader.entries(at)
      for entry in entries where entry.name != name || !entry.isTree { throw stray(entry.name) }
      guard let only = entries.first else {
        if at == root { return (nil, nil) }
        throw empty()
      }
      at = only.id
    }
    var found: (data: ObjectID?, meta: ObjectID?) = (nil, nil)
    let entries = try reader.entries(at)
    guard !entries.isEmpty else { throw empty() }
    for entry in entries {
      guard entry.isTree else { throw stray(entry.name) }
      switch String(decoding: entry.name, as: UTF8.self) {
      case "data": found.data = entry.id
      case "meta": found.meta = entry.id
      default: throw stray(entry.name)
      }
    }
    return found
  }

  private func descend(_ node: Node, into next: inout [Node]) throws(Rejection) {
    var children: [[UInt8]: Node] = [:]
    func add(_ id: ObjectID?, isNew: Bool, _ put: WritableKeyPath<Node, ObjectID?>) throws(Rejection) {
      guard let id else { return }
      let entries = try reader.entries(id)
      if isNew, entries.isEmpty { throw empty() }
      for entry in entries {
        guard entry.isTree, entry.name.count == 2, let a = Hex.value(entry.name[0]), let b = Hex.value(entry.name[1])
        else { throw stray(entry.name) }
        children[entry.name, default: Node(prefix: node.prefix + [a << 4 | b])][keyPath: put] = entry.id
      }
    }
    try add(node.oldData, isNew: false, \.oldData)
    try add(node.newData, isNew: true, \.newData)
    try add(node.oldMeta, isNew: false, \.oldMeta)
    try add(node.newMeta, isNew: true, \.newMeta)
    next.append(contentsOf: children.values.filter(\.differs))
  }

  private func compare(_ node: Node, into changes: inout [KeyChange]) throws(Rejection) {
    var sides: [[UInt8]: (old: Side, new: Side)] = [:]
    for entry in try reader.entries(node.oldData) {
      let (name, part) = Self.part(entry.name)
      sides[name, default: (Side(), Side())].old[keyPath: part] = entry.id
    }
    for entry in try files(node.newData) {
      let (name, part) = Self.part(entry.name)
      sides[name, default: (Side(), Side())].new[keyPath: part] = entry.id
    }
    for entry in try reader.entries(node.oldMeta) {
      let name = entry.name.droppingSuffix(LedgerTree.metaSuffix) ?? entry.name
      sides[name, default: (Side(), Side())].old.meta = entry.id
    }
    for entry in try files(node.newMeta) {
      guard let name = entry.name.droppingSuffix(LedgerTree.metaSuffix) else { throw stray(entry.name) }
      sides[name, default: (Side(), Side())].new.meta = entry.id
    }
    for (name, side) in sides where side.old != side.new {
      guard let raw = PercentEncoding.decode(name) else { throw stray(name) }
      let key = try Key(bytes: raw)
      guard [key.shard.0, key.shard.1] == node.prefix else {
        throw .attestation(
          "key \(key.description.quoted) stands in the shard \(Hex.string(node.prefix)), which is not its own")
      }
      let what = "key \(key.description.quoted)"
      guard side.new.value == nil || side.new.manifest == nil else {
        throw .attestation("\(what) has both a value and a manifest")
      }
      guard (side.new.data == nil) == (side.new.meta == nil) else {
        throw .attestation(
          side.new.meta == nil ? "\(what) has data but no metadata" : "\(what) has metadata but no data")
      }
      changes.append(KeyChange(key: key, before: side.old.slot, after: side.new.slot))
    }
  }

  /// The files of one key in one of the two trees.
  private struct Side: Equatable {
    var value: ObjectID?
    var manifest: ObjectID?
    var meta: ObjectID?

    var data: ObjectID? { value ?? manifest }
    var slot: LedgerTree.Slot? {
      data.flatMap { data in meta.map { LedgerTree.Slot(data: data, meta: $0, isChunked: value == nil) } }
    }
  }

  /// Splits the name of a file below `data` into the key's and what the file is.
  private static func part(_ name: [UInt8]) -> ([UInt8], WritableKeyPath<Side, ObjectID?>) {
    if let key = name.droppingSuffix(LedgerTree.manifestSuffix) { return (key, \.manifest) }
    return (name, \.value)
  }

  private func files(_ id: ObjectID?) throws(Rejection) -> [TreeEntry] {
    guard let id else { return [] }
    let entries = try reader.entries(id)
    guard !entries.isEmpty else { throw empty() }
    for entry in entries where entry.isTree { throw stray(entry.name) }
    return entries
  }

  private func empty() -> Rejection { .attestation("the ledger holds an empty directory") }

  private func stray(_ name: [UInt8]) -> Rejection {
    if forbidLFS, name.elementsEqual(".gitattributes".utf8) {
      return .policy("an attributes file stands in the store, and LFS is forbidden", hint: "remove .gitattributes")
    }
    return .attestation("\(name.quoted) may not stand there: its path is not canonical")
  }
}

extension [UInt8] {
  func ends(with suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }

  func droppingSuffix(_ suffix: [UInt8]) -> [UInt8]? { ends(with: suffix) ? Array(dropLast(suffix.count)) : nil }
}
