import KVShared

/// Writes the lines of a snapshot and hashes them on the way; a file appears when the last one is there.
struct SnapshotOutput {
  private let output: ValueOutput
  private var buffer: [UInt8] = []
  private var hash = BLAKE3()
  /// Bytes of all lines so far.
  private(set) var bytes = 0

  private static let bufferBytes = 1 << 20

  init(path: String) throws(Rejection) { output = try ValueOutput(path: path) }

  mutating func write(_ record: some Encodable) throws(Rejection) { try write(CanonicalJSON.encode(record)) }

  private mutating func write(_ line: [UInt8]) throws(Rejection) {
    buffer += line
    bytes += line.count
    if buffer.count >= Self.bufferBytes { try drain() }
  }

  private mutating func drain() throws(Rejection) {
    hash.update(buffer)
    var failure: Rejection?
    buffer.withUnsafeBytes { bytes in
      do throws(Rejection) {
        try output.write(bytes)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes the last line and returns its digest; a file gets its name.
  mutating func finish(content: ObjectID?, count: Int) throws(Rejection) -> String {
    let (covered, rest) = SnapshotEnd.line(content: content, count: count)
    try write(covered)
    try drain()
    let digits = Hex.string(hash.finalize())
    try write(rest(digits))
    try drain()
    try output.finish()
    return SnapshotEnd.prefix + digits
  }
}
