/// Changes to a tree of directories, gathered first and applied level by level: each old tree is read once, each new one written once.
final class DirectoryEdit {
  private var old: ObjectID?
  private var children: [[UInt8]: DirectoryEdit] = [:]
  /// New contents of files; nil removes.
  private var files: [[UInt8]: ObjectID?] = [:]
  /// Directories whose new trees are known; nil removes.
  private var trees: [[UInt8]: ObjectID?] = [:]

  /// The directory of that name below this one.
  func directory(_ name: [UInt8]) -> DirectoryEdit {
    if let known = children[name] { return known }
    let child = DirectoryEdit()
    children[name] = child
    return child
  }

  func setFile(_ name: [UInt8], _ id: ObjectID?) { files.updateValue(id, forKey: name) }

  func setTree(_ name: [UInt8], _ id: ObjectID?) { trees.updateValue(id, forKey: name) }

  /// Applies the changes to the old tree (nil: the empty one) and returns the new one, nil where nothing is left.
  func apply(to old: ObjectID?, reader: ObjectReader, sink: any ObjectSink) throws(Rejection) -> ObjectID? {
    self.old = old
    var level = [self]
    while !level.isEmpty {
      try reader.load(trees: level.compactMap(\.old))
      var next: [DirectoryEdit] = []
      for node in level where !node.children.isEmpty {
        var known: [[UInt8]: ObjectID] = [:]
        if node.old != nil {
          for entry in try reader.entries(node.old) where entry.isTree { known[entry.name] = entry.id }
        }
        for (name, child) in node.children {
          child.old = known[name]
          next.append(child)
        }
      }
      level = next
    }
    return try build(reader, sink)
  }

  private func build(_ reader: ObjectReader, _ sink: any ObjectSink) throws(Rejection) -> ObjectID? {
    var changes: [[UInt8]: TreeEntry?] = [:]
    changes.reserveCapacity(children.count + files.count)
    for (name, child) in children {
      let id = try child.build(reader, sink)
      changes.updateValue(id.map { TreeEntry(name: name, isTree: true, id: $0) }, forKey: name)
    }
    for (name, id) in trees {
      changes.updateValue(id.map { TreeEntry(name: name, isTree: true, id: $0) }, forKey: name)
    }
    for (name, id) in files {
      changes.updateValue(id.map { TreeEntry(name: name, isTree: false, id: $0) }, forKey: name)
    }
    return try sink.store(tree: Tree.merge(try reader.entries(old), changes))
  }
}

extension Tree {
  /// Replaces, adds and removes (nil) entries by name, keeping git's order.
  static func merge(_ old: [TreeEntry], _ changes: [[UInt8]: TreeEntry?]) -> [TreeEntry] {
    let added = changes.values.compactMap { $0 }.sorted(by: TreeEntry.precedes)
    var out: [TreeEntry] = []
    out.reserveCapacity(old.count + added.count)
    var next = 0
    for entry in old where changes[entry.name] == nil {
      while next < added.count, TreeEntry.precedes(added[next], entry) {
        out.append(added[next])
        next += 1
      }
      out.append(entry)
    }
    out.append(contentsOf: added[next...])
    return out
  }
}
