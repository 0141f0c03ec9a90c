/// One entry of a tree in one of our refs: a plain blob (mode 100644) or a tree; nothing else may stand there.
public struct TreeEntry: Equatable, Sendable {
  public let name: [UInt8]
  public let isTree: Bool
  public let id: ObjectID

  public init(name: [UInt8], isTree: Bool, id: ObjectID) {
    self.name = name
    self.isTree = isTree
    self.id = id
  }

  /// Git's order of entries: by name, a tree's name read as if it ended in a slash.
  public static func precedes(_ a: TreeEntry, _ b: TreeEntry) -> Bool {
    let shared = min(a.name.count, b.name.count)
    for at in 0..<shared where a.name[at] != b.name[at] { return a.name[at] < b.name[at] }
    func tail(_ entry: TreeEntry) -> UInt8 {
      entry.name.count > shared ? entry.name[shared] : entry.isTree ? UInt8(ascii: "/") : 0
    }
    return tail(a) < tail(b)
  }
}

/// The content of a tree object.
public enum Tree {
  static let blobMode = Array("100644".utf8)
  static let treeMode = Array("40000".utf8)

  /// Why a tree's bytes are refused.
  public enum Fault: Error, Equatable {
    case malformed
    /// A mode other than 100644 and 40000; carries it and the entry's name.
    case mode(String, name: [UInt8])
    /// The entry is out of order or there twice.
    case order(name: [UInt8])
  }

  public static func serialize(_ entries: [TreeEntry]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(entries.reduce(0) { $0 + $1.name.count + 40 })
    for entry in entries {
      out.append(contentsOf: entry.isTree ? treeMode : blobMode)
      out.append(UInt8(ascii: " "))
      out.append(contentsOf: entry.name)
      out.append(0)
      entry.id.appendRaw(to: &out)
    }
    return out
  }

  /// Parses strictly: known modes, names not empty, git's order, no doubles.
  public static func parse(_ bytes: [UInt8], _ format: ObjectFormat) throws(Fault) -> [TreeEntry] {
    var entries: [TreeEntry] = []
    entries.reserveCapacity(bytes.count / (format.rawCount + 12))
    var at = 0
    while at < bytes.count {
      guard let space = bytes[at...].firstIndex(of: UInt8(ascii: " ")),
        let end = bytes[(space + 1)...].firstIndex(of: 0), end > space + 1, end + format.rawCount < bytes.count
      else { throw .malformed }
      let mode = bytes[at..<space]
      let name = Array(bytes[(space + 1)..<end])
      let isTree = mode.elementsEqual(treeMode)
      guard isTree || mode.elementsEqual(blobMode) else {
        throw .mode(String(decoding: mode, as: UTF8.self), name: name)
      }
      let next = end + 1 + format.rawCount
      guard let id = ObjectID(raw: bytes[(end + 1)..<next]) else { throw .malformed }
      let entry = TreeEntry(name: name, isTree: isTree, id: id)
      if let last = entries.last, !TreeEntry.precedes(last, entry) || last.name == name { throw .order(name: name) }
      entries.append(entry)
      at = next
    }
    return entries
  }
}
