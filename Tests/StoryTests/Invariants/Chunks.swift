/// The chunks refs of a namespace, walked along with its transactions.
struct ChunkChains {
  /// The commits of each epoch that no transaction has claimed yet, oldest first.
  var waiting: [String: ArraySlice<RawCommit>] = [:]
  /// The chunks of each epoch so far: digest to blob.
  var held: [String: [String: String]] = [:]
  var commits: [RawCommit] = []
}

extension Invariants {
  /// Every chunks ref of the namespace.
  mutating func readChunks() throws {
    let prefix = "refs/kv-chunks/\(ns)@"
    for (name, id) in try repo.refs() where name.hasPrefix(prefix) {
      let commits = try chain(id, name)
      chunks.waiting[String(name.dropFirst(prefix.count))] = commits[...]
      chunks.commits += commits
    }
  }

  /// What the chunks ref has to hold after a transaction: what it held, and the chunks of the manifests it set.
  mutating func takeChunks(_ l: RawCommit, _ old: KeySet, _ new: KeySet, _ at: String) throws {
    let epoch = l["Epoch"] ?? ""
    let before = chunks.held[epoch] ?? [:]
    var wanted = before
    let set = new.manifests.filter { old.manifests[$0.key] != $0.value }.compactMap { known.manifests[$0.value] }
    for chunk in set.flatMap(\.chunks) {
      let known = wanted.updateValue(chunk.blob, forKey: chunk.digest) ?? chunk.blob
      if known != chunk.blob { say(at + "two blobs of one digest, \(known) and \(chunk.blob)") }
    }
    defer { chunks.held[epoch] = wanted }
    guard let tree = l["KV-Chunks-Tree"], tree != "-" else {
      if wanted != before { say(at + "manifests name chunks that are not there, and there is no chunks commit") }
      return
    }
    guard let commit = chunks.waiting[epoch]?.popFirst() else { return say(at + "its chunks commit is missing") }
    for problem in commit.trailerProblems(["KV-NS", "KV-Txn"], extra: false) { say(at + "chunks: " + problem) }
    for (name, value) in [("KV-NS", ns), ("KV-Txn", l["KV-Txn"])] where commit[name] != value {
      say(at + "chunks: \(name) is \(commit[name] ?? "missing")")
    }
    if commit.tree != tree { say(at + "KV-Chunks-Tree is \(tree), and the tree is \(commit.tree)") }
    if wanted == before { say(at + "a chunks commit that no new manifest needs") }
    let there = try chunkBlobs(commit.tree, at)
    for (digest, blob) in there where wanted[digest] != blob { say(at + "chunk \(digest) is \(blob), for no manifest") }
    for (digest, blob) in wanted where there[digest] != blob { say(at + "chunk \(digest) is not \(blob)") }
    try checkBytes(set.flatMap(\.chunks), at)
  }

  /// The chunks of a tree by their digests.
  private mutating func chunkBlobs(_ tree: String, _ at: String) throws -> [String: String] {
    var found: [String: String] = [:]
    for entry in try blobs(tree, at) {
      let path = String(decoding: entry.path, as: UTF8.self)
      let digest = String(path.split(separator: "/").last ?? "")
      let isDigest = digest.utf8.count == 64 && digest.utf8.allSatisfy(Alphabet.hex.contains)
      if !isDigest || path != Names.chunk(ns, digest) { say(at + "the chunks tree holds \(path)") }
      if found.updateValue(entry.id, forKey: digest) != nil { say(at + "chunk \(digest) stands there twice") }
    }
    return found
  }

  /// Sizes and digests from the bytes.
  private mutating func checkBytes(_ named: [RawManifest.Chunk], _ at: String) throws {
    let new = Set(named).subtracting(known.chunks)
    let bytes = try repo.objects(new.map(\.blob))
    for chunk in new {
      guard let blob = bytes[chunk.blob], blob.kind == "blob", blob.bytes.count == chunk.size else {
        say(at + "chunk \(chunk.digest) is no blob of \(chunk.size) bytes")
        continue
      }
      if Digest.hex(Digest.sha256(blob.bytes)) != chunk.digest {
        say(at + "the bytes are not those of \(chunk.digest)")
      }
    }
    known.chunks.formUnion(new)
  }

  /// What no transaction has claimed.
  mutating func checkChunksLeft() {
    for (epoch, commits) in chunks.waiting where !commits.isEmpty {
      say("\(commits.count) chunks commits of \(epoch) belong to no transaction")
    }
  }
}
