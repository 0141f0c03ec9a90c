import KVShared

/// What a command wants to change, before it is known what it builds on.
struct Draft {
  /// The last word on each key.
  var edits: [Key: KeyEdit] = [:]
  /// Subject and body of the ledger commit; nil for our own.
  var text: String?
  var extra: [Trailer] = []
  /// Compare-and-swap: the ledger tree this change was decided on. Such a draft is never built on another one.
  var expectedTree: ObjectID?
  /// Per key: the blob it has to hold, or none.
  var expectedBlobs: [Key: ObjectID?] = [:]
  /// Keys whose absence is an error of the user, not of the race.
  var mustExist: Set<Key> = []
  /// What a snapshot holds, in the place of edits.
  var snapshot: SnapshotEdits?
  /// Finds the edits by what the transaction builds on, again after each lost race; such a draft has no others.
  var derive: ((Tips) throws(Rejection) -> [Key: KeyEdit])?
}

/// How a write ended.
struct WriteResult: Encodable {
  let ns: String
  let txn: String?
  let epoch: String?
  let ledger: String?
  let index: String?
  let tree: String?
  let set: Int
  let del: Int
  let pushed: Bool
  let tries: Int
  /// Whether the mirror shows it; nil where the command did not wait for that.
  var mirrored: Bool?
  /// How many transactions in a row were made; nil for one or none.
  var transactions: Int?
}
