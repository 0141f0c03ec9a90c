import Crypto
import FoundationEssentials
import Glibc

/// A `git bundle` of one sealed epoch: its ledger, its chunks and its watchlog, and nothing that it would need besides.
struct EpochBundle {
  let station: Station
  /// The refs that it holds.
  let refs: [(ref: KVRef, id: ObjectID)]
  /// Where it stands when it is whole.
  let path: String

  /// Writes it, fetches all of it into an empty repository to see that it stands alone, and puts it in its place,
  /// on disk whatever happens next.
  /// Returns size in bytes and digest. Throws `.io`, with nothing left but what a later try replaces.
  func write() throws(Rejection) -> (size: Int, digest: String) {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    mkdir(folder, 0o777)
    // Whoever holds the worker's turn is alone here: what has such a name was left by one that was killed.
    for name in IO.names(in: folder) where name.hasPrefix(".tmp-") { FileTree.remove("\(folder)/\(name)") }
    let temporary = "\(folder)/.tmp-\(getpid()).bundle"
    let scratch = "\(folder)/.tmp-\(getpid())"
    defer {
      unlink(temporary)
      FileTree.remove(scratch)
    }
    try station.git.run(["bundle", "create", "--quiet", temporary] + refs.map(\.ref.description)).check(
      "git bundle create")
    try verify(temporary, scratch)
    let result = try Self.measure(temporary)
    guard rename(temporary, path) == 0 else { throw .errno("rename", temporary) }
    try Descriptor(path: folder, flags: O_RDONLY | O_DIRECTORY).sync()
    return result
  }

  /// A fetch reads every object, computes its id, and follows every link.
  private func verify(_ bundle: String, _ scratch: String) throws(Rejection) {
    FileTree.remove(scratch)
    try station.git.run(
      ["init", "--quiet", "--bare", "--template=", "--object-format=\(station.format.rawValue)", scratch]
    ).check("git init")
    var git = station.git
    git.environment["GIT_DIR"] = scratch
    try git.run(["fetch", "--quiet", "--no-write-fetch-head", bundle, "refs/*:refs/*"]).check("reading the bundle")
    let due = Dictionary(uniqueKeysWithValues: refs.map { ($0.ref.description, $0.id) })
    guard try git.refs() == due else {
      throw .io("the bundle of \(refs[0].ref.description.quoted) does not hold what it should")
    }
  }

  private static func measure(_ path: String) throws(Rejection) -> (size: Int, digest: String) {
    let file = try Descriptor(path: path, flags: O_RDONLY)
    var hash = SHA256()
    var size = 0
    while true {
      let block = try IO.read(file.raw, path, upTo: 1 << 20)
      if block.isEmpty { break }
      hash.update(data: block)
      size += block.count
    }
    try file.sync()
    return (size, "sha256:" + hash.finalize().map { Hex.string([$0]) }.joined())
  }
}
