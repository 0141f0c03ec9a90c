import Glibc

/// The file `packed-refs`, and how to tell the two kinds of deletion apart that git shows a `reference-transaction` hook in the same words.
///
/// `git pack-refs` writes a ref into `packed-refs`, lets go of that file, and then deletes the loose one in a
/// transaction of its own: nothing changes. A real deletion of a packed ref holds `packed-refs.lock` while the hook
/// runs (git's refs/files-backend.c), and a ref that is not packed is not in the file.
struct PackedRefs {
  private let lines: Set<Substring>
  private let isLocked: Bool

  /// Throws `.io` where the file is there and cannot be read.
  init(repository: String) throws(Rejection) {
    isLocked = access("\(repository)/packed-refs.lock", F_OK) == 0
    let bytes = try IO.readFile("\(repository)/packed-refs") ?? []
    lines = Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
  }

  func holds(_ ref: KVRef, _ value: ObjectID) -> Bool { lines.contains("\(value) \(ref)") }

  /// Whether the ref still reads the same once its loose file is gone.
  func keeps(_ ref: KVRef, _ value: ObjectID?) -> Bool {
    guard let value, !isLocked else { return false }
    return holds(ref, value)
  }
}
