import KVShared

/// What is told of a transaction wherever it is named: when, by whom, why.
struct TransactionNote: Encodable {
  struct ExtraTrailer: Encodable {
    let name: String
    let value: String
  }

  /// When the ledger commit was made, by the committer's clock.
  let at: String
  /// The author, `name <email>`.
  let by: String
  let epoch: String
  /// The ledger commit.
  let ledger: String
  /// Subject and body.
  let message: String
  let signature: SignatureReview.Finding
  /// What the user added to the protocol's trailers.
  let trailers: [ExtraTrailer]
  let txn: String

  init(_ commit: Commit, _ said: LedgerTrailers, _ signature: SignatureReview.Finding) {
    at = Timestamp(seconds: commit.committerSeconds).description
    by = commit.author.lastIndex(of: ">").map { String(commit.author[...$0]) } ?? commit.author
    epoch = said.epoch.name
    ledger = commit.id.hex
    message = TrailerBlock(message: commit.message)?.text ?? ""
    self.signature = signature
    trailers = said.extra.map { ExtraTrailer(name: $0.name, value: $0.value) }
    txn = said.transaction.text
  }

  /// Reads the commits of many at once, in their order. Throws `.io` for one that is missing, `.attestation` for one that
  /// is no transaction.
  static func read(
    _ commits: ArraySlice<ObjectID>, _ reader: ObjectReader, _ review: SignatureReview
  ) throws(Rejection) -> [Self] {
    var notes: [Self] = []
    notes.reserveCapacity(commits.count)
    try reader.read(commits.map { .contents($0.hex) }) { (at, reply) throws(Rejection) in
      guard let reply else {
        throw .io("commit \(commits[commits.startIndex + at]) is missing here", hint: "run 'git fsck'")
      }
      let commit = try ObjectReader.commit(reply)
      notes.append(Self(commit, try LedgerTrailers(commit), try review.review(commit)))
    }
    return notes
  }

  var subject: String { String(message.prefix { !$0.isNewline }).printable }

  /// `good (Ada's laptop)`.
  var signatureWords: String { signature.status.rawValue + (signature.key.map { " (\($0.printable))" } ?? "") }
}
