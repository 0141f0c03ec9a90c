import Crypto
import FoundationEssentials
import Glibc

/// A pack in the making, in a file without a name: a crash leaves nothing.
struct PackSpool: ~Copyable {
  private let file: Descriptor
  private var buffer: [UInt8]
  private var count: UInt32 = 0

  init(directory: String) throws(Rejection) {
    var template = Array("\(directory)/pack/tmp_kv_XXXXXX".utf8CString)
    mkdir("\(directory)/pack", 0o777)
    let raw = mkstemp(&template)
    guard raw >= 0 else { throw .errno("make a temporary file in", directory) }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    unlink(template)
    file = Descriptor(adopting: raw)
    buffer = PackFormat.header(count: 0)
  }

  mutating func append(_ kind: ObjectKind, _ content: [UInt8]) throws(Rejection) {
    PackFormat.append(kind, content, to: &buffer)
    count += 1
    if buffer.count >= 1 << 20 { try drain() }
  }

  private mutating func drain() throws(Rejection) {
    try IO.write(buffer, to: file.raw, "pack")
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the true count and the checksum, and hands the pack to git.
  mutating func finish(_ git: Git, _ format: ObjectFormat) throws(Rejection) {
    try drain()
    let header = PackFormat.header(count: count)
    guard pwrite(file.raw, header, header.count, 0) == header.count else { throw .errno("write", "pack") }
    guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw .errno("rewind", "pack") }
    try IO.write(try checksum(format), to: file.raw, "pack")
    guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw .errno("rewind", "pack") }
    try git.run(["index-pack", "--stdin"], inputFile: file.raw).check("git index-pack")
  }

  private func checksum(_ format: ObjectFormat) throws(Rejection) -> [UInt8] {
    switch format {
    case .sha1:
      var hash = Insecure.SHA1()
      try hashFile(&hash)
      return Array(hash.finalize())
    case .sha256:
      var hash = SHA256()
      try hashFile(&hash)
      return Array(hash.finalize())
    }
  }

  private func hashFile(_ hash: inout some HashFunction) throws(Rejection) {
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let got = read(file.raw, &chunk, chunk.count)
      guard got >= 0 else { throw .errno("read", "pack") }
      if got == 0 { return }
      chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<got])) }
    }
  }
}
