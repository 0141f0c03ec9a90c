/// Takes new objects and names them.
public protocol ObjectSink: AnyObject {
  var format: ObjectFormat { get }
  /// Keeps an object and returns its id.
  func store(_ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) -> ObjectID
}

/// A sink that names objects and keeps none: how the verifier computes what a tree has to be.
public final class NamingSink: ObjectSink {
  private let hasher: ObjectHasher

  public init(_ format: ObjectFormat) { hasher = ObjectHasher(format) }

  public var format: ObjectFormat { hasher.format }
  public func store(_ kind: ObjectKind, _ content: [UInt8]) -> ObjectID { hasher.id(kind, content) }
}

extension ObjectSink {
  /// Keeps a tree; an empty one is nil, because no directory of ours is ever empty.
  func store(tree entries: [TreeEntry]) throws(Rejection) -> ObjectID? {
    guard !entries.isEmpty else { return nil }
    let bytes = Tree.serialize(entries)
    // Nobody would read it again.
    guard bytes.count <= ObjectReader.treeBytes else {
      throw .policy(
        "a directory of the store would have \(bytes.count) bytes, more than \(ObjectReader.treeBytes)",
        hint: "choose other keys, or begin a new epoch")
    }
    return try store(.tree, bytes)
  }

  /// Keeps a file, and the tree that holds it and nothing else; returns the tree.
  func store(file name: [UInt8], _ content: [UInt8]) throws(Rejection) -> ObjectID {
    let blob = try store(.blob, content)
    return try store(.tree, Tree.serialize([TreeEntry(name: name, isTree: false, id: blob)]))
  }

  /// Keeps the root tree of a commit, which alone may be empty.
  func store(root: ObjectID?) throws(Rejection) -> ObjectID {
    if let root { return root }
    return try store(.tree, [])
  }
}
