import KVShared

/// The chunks ref of one epoch, as the clone knows it.
struct ChunkTips {
  /// With what is pending.
  let working: ObjectID?
  /// What the Stargate had.
  let landed: ObjectID?
}

extension ChunkHome {
  func tips(_ ref: KVRef) throws(Rejection) -> ChunkTips {
    let names = [View.working.name(of: ref), View.stargate.name(of: ref)]
    var found = try inside(clone.git).refs(names)
    // A store that began without a remote.
    if folder != nil, found[names[0]] == nil { found[names[0]] = try clone.git.refs([names[0]])[names[0]] }
    return ChunkTips(working: found[names[0]], landed: found[names[1]])
  }

  /// Notes a tip in some views, where the chunks have refs of their own.
  func note(_ ref: KVRef, _ tip: ObjectID, _ views: [View]) throws(Rejection) {
    guard folder != nil else { return }
    let git = try inside(clone.git)
    let turn = try takeTurn()
    defer { _ = turn.raw }
    let input = views.map { "update \($0.name(of: ref)) \(tip)\n" }.joined()
    try git.run(["update-ref", "--stdin"], input: Array(input.utf8)).check("git update-ref")
    try tidy()
  }
}
