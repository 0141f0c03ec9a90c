/// A transaction that the verifier has proved at the level its policy asks for; only the proofs make one.
public struct VerifiedTransaction: Sendable {
  public let namespace: Namespace
  public let id: TransactionID
  public let ledger: ObjectID
  public let index: ObjectID

  init(proved candidate: TransactionCandidate) {
    namespace = candidate.trailers.namespace
    id = candidate.trailers.transaction
    ledger = candidate.ledger.id
    index = candidate.index.id
  }
}

/// The commits of one transaction, paired and attested (V3, V4), with the trees they build on.
struct TransactionCandidate {
  let ledger: Commit
  let index: Commit
  let trailers: LedgerTrailers
  /// nil for the first transaction.
  let baseLedgerTree: ObjectID?
  let baseIndexTree: ObjectID?
}

/// V6 to V10: what a transaction changed is canonical, and ledger and index say the same.
///
/// The index is not read but computed: from its old tree and the pointers that the ledger's change demands. Equal tree
/// ids then prove every pointer, the burst layout, and the absence of any other change at once.
struct TransactionProof {
  let rules: NamespacePolicy
  let reader: ObjectReader

  /// Throws `.attestation`, `.invalidKey` or `.policy`.
  /// - Parameter chunksTree: the chunks tree of the epoch before this transaction; nil where there is none.
  func prove(
    _ candidate: TransactionCandidate, chunksTree: ObjectID?
  ) throws(Rejection) -> VerifiedTransaction {
    if rules.verify == .attest { return VerifiedTransaction(proved: candidate) }
    let ns = candidate.trailers.namespace
    let diff = LedgerDiff(reader: reader, namespace: ns, forbidLFS: rules.forbidLFS)
    let changes = try diff.changes(from: candidate.baseLedgerTree, to: candidate.ledger.tree)
    try count(changes, candidate)
    // A change that fits into the sample is proved whole, and so are values in chunks: what the chunks tree has to be
    // follows from all of them.
    let isSampled = rules.verify == .sample && changes.count > rules.sampleSize
    let looked = isSampled ? sample(changes) : changes
    let demand = try PointerDerivation(policy: KeyPolicy(rules), isDeep: rules.verify == .deep, reader: reader)
      .demand(of: looked)
    try ChunksProof(namespace: ns, reader: reader).prove(
      demand.manifests, from: chunksTree, to: candidate.trailers.chunksTree, isDeep: rules.verify == .deep)
    let pointers = demand.pointers
    let blobs = pointers.mapValues { ObjectHasher(reader.format).id(.blob, CanonicalJSON.encode($0)) }
    let mismatch = IndexMismatch(reader: reader, namespace: ns, tree: candidate.index.tree)
    if isSampled {
      for (key, blob) in blobs { try mismatch.check(key, blob, pointers[key]) }
    } else {
      let expected = try IndexTree.apply(
        blobs, to: candidate.baseIndexTree, namespace: ns, reader: reader, sink: NamingSink(reader.format))
      guard expected == candidate.index.tree else {
        for (key, blob) in blobs { try mismatch.check(key, blob, pointers[key]) }
        throw .attestation(
          "the index of \(candidate.trailers.transaction) holds a change that no key explains, or its layout is not canonical"
        )
      }
    }
    return VerifiedTransaction(proved: candidate)
  }

  private func sample(_ changes: [KeyChange]) -> [KeyChange] {
    let chunked = changes.filter { $0.after?.isChunked == true }
    return chunked + changes.filter { $0.after?.isChunked != true }.shuffled().prefix(rules.sampleSize)
  }

  private func count(_ changes: [KeyChange], _ candidate: TransactionCandidate) throws(Rejection) {
    let set = changes.count { $0.after != nil }
    for (name, said, found) in [
      ("Keys-Set", candidate.trailers.keysSet, set), ("Keys-Del", candidate.trailers.keysDeleted, changes.count - set),
    ] where said != found {
      throw .attestation("\(name) of \(candidate.trailers.transaction) is \(said), but \(found) keys changed so")
    }
  }
}
