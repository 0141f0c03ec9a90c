/// What a transaction does to one key.
public enum KeyEdit: Sendable {
  /// Puts a value whose blobs are stored already, or stand in the chunks tree already.
  case set(LedgerTree.Slot, Pointer, chunks: [Manifest.Chunk] = [])
  /// The same where the pointer's blob is stored too.
  case put(LedgerTree.Slot, pointer: ObjectID, chunks: [Manifest.Chunk] = [])
  case delete

  public var slot: LedgerTree.Slot? {
    switch self {
    case .set(let slot, _, _), .put(let slot, _, _): slot
    case .delete: nil
    }
  }

  public var chunks: [Manifest.Chunk] {
    switch self {
    case .set(_, _, let chunks), .put(_, _, let chunks): chunks
    case .delete: []
    }
  }
}

/// The edits of one transaction, in slices where all of them are more than should be in memory.
public protocol KeyEdits {
  var isEmpty: Bool { get }
  /// Hands over every edit once, in an order that suits the trees.
  func slices(_ order: SliceOrder, _ body: ([Key: KeyEdit]) throws(Rejection) -> Void) throws(Rejection)
}

public enum SliceOrder: Sendable {
  /// As ledger trees have the keys: those whose shards begin with the same byte come in one slice.
  case shard
  /// As index trees have the keys. What the slice before has stored can be read when the next one comes.
  case key
}

extension Dictionary: KeyEdits where Key == KVShared.Key, Value == KeyEdit {
  public func slices(
    _ order: SliceOrder, _ body: ([KVShared.Key: KeyEdit]) throws(Rejection) -> Void
  ) throws(Rejection) { try body(self) }
}
