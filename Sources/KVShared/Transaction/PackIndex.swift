/// The index of a pack, version 2, made by whoever wrote the pack: no second reader has to hash it all again.
///
/// Format: git's gitformat-pack(5).
struct PackIndex {
  /// Where an object stands in the pack.
  private struct Entry {
    let id: ObjectID
    let crc: UInt32
    let offset: Int
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }

  /// Notes an object.
  /// - Parameters:
  ///   - crc: of its bytes as they stand in the pack.
  ///   - offset: bytes from the start of the pack.
  mutating func add(_ id: ObjectID, crc: UInt32, offset: Int) {
    entries.append(Entry(id: id, crc: crc, offset: offset))
  }

  /// The bytes of the index file.
  /// - Parameter pack: the checksum that ends the pack.
  func encode(pack: [UInt8], _ format: ObjectFormat) -> [UInt8] {
    let sorted = entries.sorted { $0.id.precedes($1.id) }
    var out: [UInt8] = [0xff, 0x74, 0x4f, 0x63] + PackFormat.bigEndian(2)
    out.reserveCapacity(1100 + sorted.count * (format.rawCount + 8))
    var upTo = [UInt32](repeating: 0, count: 256)
    for entry in sorted { upTo[Int(entry.id.firstByte)] += 1 }
    var sum: UInt32 = 0
    for count in upTo {
      sum += count
      out += PackFormat.bigEndian(sum)
    }
    for entry in sorted { entry.id.appendRaw(to: &out) }
    for entry in sorted { out += PackFormat.bigEndian(entry.crc) }
    // What does not fit into 31 bits stands in a table of its own.
    var far: [UInt8] = []
    for entry in sorted {
      if entry.offset < 1 << 31 {
        out += PackFormat.bigEndian(UInt32(entry.offset))
      } else {
        out += PackFormat.bigEndian(1 << 31 | UInt32(far.count / 8))
        withUnsafeBytes(of: UInt64(entry.offset).bigEndian) { far += $0 }
      }
    }
    out += far + pack
    var hash = StreamHash(format)
    out.withUnsafeBytes { hash.update($0) }
    return out + hash.finalize()
  }
}
