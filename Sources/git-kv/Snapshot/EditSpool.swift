import Glibc
import KVShared

/// Edits of keys in a file without a name, in the order in which they came.
///
/// A record: bytes of the key (2), key, whether it is chunked (1), ids of data, metadata and pointer, number of chunks
/// (4), and for each its digest, blob and size (8); numbers big-endian. The file is read where it was written, and gone
/// with the command. In memory stay eight bytes for each edit: where it stands, and the first byte of its key's shard.
final class EditSpool {
  private let file: UnlinkedFile
  private let format: ObjectFormat
  private var buffer: [UInt8] = []
  private var at = 0
  private var size = 0
  /// Where the next piece of the file stands.
  private var offset = 0
  /// Bytes of the next piece: more and more where one edit after the other is read.
  private var window = bufferBytes
  private var isReading = false
  /// Of each edit: the first byte of its key's shard, then seven of its place in the file.
  private var places: [UInt64] = []

  var count: Int { places.count }

  private static let bufferBytes = 1 << 20
  private static let leastBytes = 512

  /// - Parameter folder: of the repository.
  init(in folder: String, _ format: ObjectFormat) throws(Rejection) {
    file = try UnlinkedFile(in: folder, mode: 0o600)
    self.format = format
  }

  /// Adds an edit; all are written before any is read.
  func append(
    _ key: Key, _ slot: LedgerTree.Slot, pointer: ObjectID, chunks: [Manifest.Chunk]
  ) throws(Rejection) {
    places.append(UInt64(key.shard.0) << 56 | UInt64(size + buffer.count))
    put(key.bytes.count, 2)
    buffer += key.bytes
    buffer.append(slot.isChunked ? 1 : 0)
    for id in [slot.data, slot.meta, pointer] { id.appendRaw(to: &buffer) }
    put(chunks.count, 4)
    for chunk in chunks {
      buffer += chunk.digest.hex.utf8
      chunk.blob.appendRaw(to: &buffer)
      put(chunk.size, 8)
      if buffer.count >= Self.bufferBytes { try drain() }
    }
    if buffer.count >= Self.bufferBytes { try drain() }
  }

  private func put(_ number: Int, _ width: Int) {
    for shift in (0..<width).reversed() { buffer.append(UInt8(truncatingIfNeeded: number >> (shift * 8))) }
  }

  private func drain() throws(Rejection) {
    try IO.write(buffer, to: file.raw, "spool")
    size += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Begins to read from the first edit.
  func rewind() throws(Rejection) {
    try seek(0)
    window = Self.bufferBytes
  }

  private func seek(_ place: Int) throws(Rejection) {
    if !isReading {
      try drain()
      isReading = true
    } else if place == offset - buffer.count + at {
      return
    }
    buffer = []
    (at, offset, window) = (0, place, Self.leastBytes)
  }

  /// The first byte of the shard of the nth edit's key.
  func shard(_ n: Int) -> UInt8 { UInt8(places[n] >> 56) }

  /// The nth edit.
  func edit(_ n: Int) throws(Rejection) -> (key: Key, edit: KeyEdit) {
    try seek(Int(places[n] & (1 << 56 - 1)))
    let (key, slot, pointer, chunks) = try record()
    return (key, .put(slot, pointer: pointer, chunks: chunks))
  }

  var isAtEnd: Bool { at == buffer.count && offset == size }

  /// The next edits, at most so many keys, and no more chunks than one transaction may name.
  func next(upTo most: Int) throws(Rejection) -> [Key: KeyEdit] {
    var edits: [Key: KeyEdit] = [:]
    edits.reserveCapacity(min(most, count))
    var chunks = 0
    while edits.count < most, !isAtEnd {
      let mark = (at, offset, buffer)
      let (key, slot, pointer, list) = try record()
      chunks += list.count
      if chunks > Manifest.maxChunks, !edits.isEmpty {
        (at, offset, buffer) = mark
        break
      }
      edits[key] = .put(slot, pointer: pointer, chunks: list)
    }
    return edits
  }

  /// The key of the next edit, which is passed over.
  func nextKey() throws(Rejection) -> Key? { isAtEnd ? nil : try record().0 }

  private func record() throws(Rejection) -> (Key, LedgerTree.Slot, ObjectID, [Manifest.Chunk]) {
    let key = try Key(bytes: Array(try take(try number(2))))
    let isChunked = try number(1) == 1
    let (data, meta, pointer) = (try id(), try id(), try id())
    var chunks: [Manifest.Chunk] = []
    for _ in 0..<(try number(4)) {
      guard let digest = ChunkDigest(hex: try take(64)) else { throw Self.damaged }
      chunks.append(Manifest.Chunk(digest: digest, blob: try id(), size: try number(8)))
    }
    return (key, LedgerTree.Slot(data: data, meta: meta, isChunked: isChunked), pointer, chunks)
  }

  private static var damaged: Rejection { .io("the edits that were put aside cannot be read again") }

  private func id() throws(Rejection) -> ObjectID {
    guard let id = ObjectID(raw: try take(format.rawCount)) else { throw Self.damaged }
    return id
  }

  private func number(_ width: Int) throws(Rejection) -> Int { try take(width).reduce(0) { $0 << 8 | Int($1) } }

  private func take(_ wanted: Int) throws(Rejection) -> ArraySlice<UInt8> {
    if buffer.count - at < wanted {
      var piece = [UInt8](repeating: 0, count: min(max(window, wanted), size - offset))
      window = min(window * 2, Self.bufferBytes)
      let got = pread(file.raw, &piece, piece.count, offset)
      guard got == piece.count, got > 0 else { throw Self.damaged }
      buffer = Array(buffer[at...]) + piece
      at = 0
      offset += got
      guard buffer.count >= wanted else { throw Self.damaged }
    }
    at += wanted
    return buffer[(at - wanted)..<at]
  }
}
