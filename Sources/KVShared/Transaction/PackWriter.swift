import Glibc

/// A pack in the making, in a file without a name: a crash leaves nothing.
///
/// Pack and index are put into the repository as they are. Git would read, unpack and hash all of it once more, which
/// for large values takes longer than everything else together.
struct PackWriter: ~Copyable {
  private let file: UnlinkedFile
  private let directory: String
  private let format: ObjectFormat
  private var index = PackIndex()
  private var buffer: [UInt8]
  /// Bytes that have gone to the file.
  private var written = 0

  private static let bufferBytes = 1 << 20

  /// - Parameter directory: the repository's `objects` folder.
  init(directory: String, _ format: ObjectFormat) throws(Rejection) {
    self.directory = "\(directory)/pack"
    self.format = format
    mkdir(self.directory, 0o777)
    file = try UnlinkedFile(in: self.directory, mode: 0o444)
    buffer = PackFormat.header(count: 0)
  }

  mutating func append(_ kind: ObjectKind, _ id: ObjectID, _ content: UnsafeRawBufferPointer) throws(Rejection) {
    let start = buffer.count
    PackFormat.append(kind, content, to: &buffer)
    var crc = CRC32()
    buffer.withUnsafeBytes { crc.update(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    index.add(id, crc: crc.value, offset: written + start)
    if buffer.count >= Self.bufferBytes { try drain() }
  }

  private mutating func drain() throws(Rejection) {
    try IO.write(buffer, to: file.raw, "pack")
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the true count and the checksum, and makes the objects visible.
  /// - Parameters:
  ///   - git: takes the pack in the place of this program, where files would need other permissions than ours; else nil.
  ///   - syncs: whether the files are made durable first.
  mutating func finish(handingTo git: Git?, syncs: Bool) throws(Rejection) {
    try drain()
    let header = PackFormat.header(count: UInt32(index.count))
    guard pwrite(file.raw, header, header.count, 0) == header.count else { throw .errno("write", "pack") }
    let checksum = try checksum()
    try IO.write(checksum, to: file.raw, "pack")
    if let git {
      guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw .errno("rewind", "pack") }
      try git.run(["index-pack", "--stdin"], inputFile: file.raw).check("git index-pack")
      return
    }
    let list = try UnlinkedFile(in: directory, mode: 0o444)
    try IO.write(index.encode(pack: checksum, format), to: list.raw, "pack index")
    if syncs {
      try file.sync()
      try list.sync()
    }
    // An index without its pack is nothing to git, so the pack's name is the commit point.
    let name = "\(directory)/pack-\(Hex.string(checksum))"
    try list.link(to: "\(name).idx")
    try file.link(to: "\(name).pack")
  }

  private func checksum() throws(Rejection) -> [UInt8] {
    var hash = StreamHash(format)
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    var at = 0
    while true {
      let got = pread(file.raw, &chunk, chunk.count, at)
      guard got >= 0 else { throw .errno("read", "pack") }
      if got == 0 { return hash.finalize() }
      chunk.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      at += got
    }
  }
}
