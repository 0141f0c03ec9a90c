/// A tree being made: what a row does to its entries stays done, right or wrong.
struct Folder: Sendable {
  struct Entry: Sendable {
    var name: [UInt8]
    var mode: String
    var node: Node
  }
  indirect enum Node: Sendable {
    case id(String)
    case folder(Folder)
  }

  var entries: [Entry] = []
  /// Written as the entries stand, not in git's order.
  var unsorted = false
  /// Written although empty; other empty folders are left out.
  var keepEmpty = false
  /// The id it was last written under, as long as nothing in it changed.
  private var written: String?

  /// Puts an entry at a path, making the folders on the way.
  mutating func put(_ path: String, _ id: String, mode: String = "100644") {
    change(path.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }) { folder, name in
      folder.entries.removeAll { $0.name == name }
      folder.entries.append(Entry(name: name, mode: mode, node: .id(id)))
    }
  }

  /// Adds an entry by its raw name, beside one of the same name if there is one.
  mutating func append(in path: String, _ name: [UInt8], _ id: String, mode: String = "100644") {
    change(parts(path) + [name]) { folder, name in
      folder.entries.append(Entry(name: name, mode: mode, node: .id(id)))
    }
  }

  mutating func remove(_ path: String) {
    change(parts(path)) { folder, name in folder.entries.removeAll { $0.name == name } }
  }

  /// Moves an entry, as it is, to another path.
  mutating func move(_ path: String, to target: String) {
    guard let entry = self[path] else { return }
    remove(path)
    change(parts(target)) { folder, name in
      folder.entries.append(Entry(name: name, mode: entry.mode, node: entry.node))
    }
  }

  /// Gives the entry at a path another mode.
  mutating func setMode(_ path: String, _ mode: String) {
    change(parts(path)) { folder, name in
      for i in folder.entries.indices where folder.entries[i].name == name { folder.entries[i].mode = mode }
    }
  }

  /// Does something to the folder at a path.
  mutating func at(_ path: String, _ body: (inout Folder) -> Void) {
    change(parts(path) + [[]]) { folder, _ in body(&folder) }
  }

  subscript(_ path: String) -> Entry? {
    var folder = self
    let names = parts(path)
    for name in names.dropLast() {
      guard case .folder(let next)? = folder.entries.first(where: { $0.name == name })?.node else { return nil }
      folder = next
    }
    return folder.entries.first { $0.name == names.last }
  }

  /// The tree's id; empty folders are left out, as git would have it.
  mutating func write(_ objects: inout Objects) -> String {
    if let written { return written }
    var lines: [(sort: [UInt8], bytes: [UInt8])] = []
    for i in entries.indices {
      let entry = entries[i]
      let id: String
      switch entry.node {
      case .id(let given): id = given
      case .folder(var inner):
        id = inner.write(&objects)
        if id == objects.format.emptyTree && !inner.keepEmpty { continue }
        entries[i].node = .folder(inner)
      }
      let isTree = entry.mode.hasSuffix("40000")
      let line = Array(entry.mode.utf8) + [32] + entry.name + [0] + Digest.unhex(id)
      lines.append((entry.name + (isTree ? [47] : []), line))
    }
    if !unsorted { lines.sort { $0.sort.lexicographicallyPrecedes($1.sort) } }
    let id = objects.add("tree", lines.flatMap(\.bytes))
    written = id
    return id
  }

  private func parts(_ path: String) -> [[UInt8]] { path.split(separator: "/").map { Array($0.utf8) } }

  private mutating func change(_ path: [[UInt8]], _ body: (inout Folder, [UInt8]) -> Void) {
    written = nil
    guard path.count > 1 else { return body(&self, path[0]) }
    if let i = entries.firstIndex(where: { $0.name == path[0] }) {
      guard case .folder(var inner) = entries[i].node else { return }
      inner.change(Array(path.dropFirst()), body)
      entries[i].node = .folder(inner)
    } else {
      var inner = Folder()
      inner.change(Array(path.dropFirst()), body)
      entries.append(Entry(name: path[0], mode: "40000", node: .folder(inner)))
    }
  }
}
