/// One directory of an index while changes are applied to it.
final class IndexDirectory {
  let depth: Int
  let old: ObjectID?
  var changes: [(key: [UInt8], blob: ObjectID)] = []
  private var children: [[UInt8]: IndexDirectory] = [:]
  private var files: [[UInt8]: TreeEntry?] = [:]
  /// A leaf that bursts keeps nothing of its old tree.
  private var keepsOld = true
  /// The new tree of a leaf, which is written at once: its files need not wait in memory for those of all others.
  private var leaf: ObjectID??

  init(depth: Int, old: ObjectID?) {
    self.depth = depth
    self.old = old
  }

  /// Decides between leaf and interior and hands the changes on. The old tree is loaded by then.
  func distribute(
    _ reader: ObjectReader, _ sink: any ObjectSink, into next: inout [IndexDirectory]
  ) throws(Rejection) {
    defer { changes = [] }
    let entries = try reader.entries(old)
    var subdirectories: [[UInt8]: ObjectID] = [:]
    for entry in entries where entry.isTree { subdirectories[entry.name] = entry.id }
    if depth >= 2, subdirectories.isEmpty {
      var blobs = Dictionary(changes.map { ($0.key, $0.blob) }) { $1 }
      let untouched = entries.compactMap { entry -> (key: [UInt8], blob: ObjectID)? in
        guard let key = entry.name.droppingSuffix(IndexTree.suffix).flatMap(PercentEncoding.decode),
          blobs[key] == nil
        else { return nil }
        return (key, entry.id)
      }
      if blobs.count + untouched.count <= IndexTree.leafKeys {
        for (key, blob) in blobs { addFile(key, blob) }
        leaf = .some(try sink.store(tree: Tree.merge(entries, files)))
        files = [:]
        return
      }
      for (key, blob) in untouched { blobs[key] = blob }
      changes = blobs.map { (key: $0.key, blob: $0.value) }
      keepsOld = false
    }
    for (key, blob) in changes {
      let used = depth * 2
      if key.count <= used {
        addFile(key, blob)
        continue
      }
      let step = PercentEncoding.encode(key[used..<min(used + 2, key.count)])
      let child: IndexDirectory
      if let known = children[step] {
        child = known
      } else {
        child = IndexDirectory(depth: depth + 1, old: subdirectories[step])
        children[step] = child
        next.append(child)
      }
      child.changes.append((key: key, blob: blob))
    }
  }

  private func addFile(_ key: [UInt8], _ blob: ObjectID) {
    let name = PercentEncoding.encode(key) + IndexTree.suffix
    files.updateValue(TreeEntry(name: name, isTree: false, id: blob), forKey: name)
  }

  func build(_ reader: ObjectReader, _ sink: any ObjectSink) throws(Rejection) -> ObjectID? {
    if let leaf { return leaf }
    var merged = files
    for (name, child) in children {
      let id = try child.build(reader, sink)
      merged.updateValue(id.map { TreeEntry(name: name, isTree: true, id: $0) }, forKey: name)
    }
    return try sink.store(tree: Tree.merge(keepsOld ? try reader.entries(old) : [], merged))
  }
}
