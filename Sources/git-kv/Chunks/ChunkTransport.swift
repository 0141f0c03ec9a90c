import KVShared

/// Brings chunks from a remote: the trees of all, the bytes of those asked for.
struct ChunkTransport {
  let transport: Transport
  let home: ChunkHome

  /// Brings the Stargate's chunks ref and its trees, without any bytes. Throws `.io` where it cannot be reached.
  func fetchTrees(_ ref: KVRef) throws(Rejection) { try fetchTrees("\(ref.suffix)*") }

  /// The same for all chunks refs whose names below `refs/` match a pattern.
  func fetchTrees(_ pattern: String) throws(Rejection) {
    let url = transport.remote.pushURL
    var git = try home.inside(transport.git(for: url))
    // A name of its own for the place: git notes of it that objects may be missing, here and nowhere else.
    let turn = try home.takeTurn()
    defer { _ = turn.raw }
    git.options += ["-c", "remote.kv-stargate.url=\(url)"]
    let answer = try git.run(
      Transport.fetchOptions + [
        "--atomic", "--filter=blob:none", "kv-stargate", "+refs/\(pattern):refs/kv-tracking/stargate/\(pattern)",
      ])
    guard answer.status == 0 else {
      throw .io("cannot fetch from \(url.quoted): \(Transport.reason(answer))", hint: "check the url and your access")
    }
  }

  /// Brings blobs in one fetch, from the first of some places that has them.
  /// Throws `.io` with what the last one said.
  func fetch(_ blobs: [ObjectID], from urls: [String], progress: Bool) throws(Rejection) {
    let input = Array(blobs.map { "\($0)\n" }.joined().utf8)
    var failure = Rejection.io("there is no remote to fetch chunks from")
    for url in urls {
      let answer = try home.inside(transport.git(for: url)).run(
        ["-c", "protocol.version=2", "-c", "advice.fetchShowForcedUpdates=false"]
          + Transport.fetchOptions.filter { !progress || $0 != "--quiet" } + (progress ? ["--progress"] : []) + [
            "--stdin", url,
          ],
        input: input
      ) { bytes in
        if progress { try? IO.write(Array(bytes), to: 2, "standard error") }
      }
      if answer.status == 0 { return try home.tidy() }
      let reason = Transport.reason(answer)
      let isForbidden = ["unadvertised object", "not our ref"].contains { reason.contains($0) }
      failure = .io(
        "cannot fetch chunks from \(url.quoted): \(reason)",
        hint: isForbidden
          ? "the host has to let single objects be fetched: uploadpack.allowAnySHA1InWant"
          : "check the url and your access; --offline reads what is here")
    }
    throw failure
  }
}
