/// Objects a test makes byte by byte; ids are computed here, and one git process writes them all.
struct Objects: Sendable {
  let format: ObjectFormat
  private var pending: [(kind: UInt8, bytes: [UInt8])] = []
  private var known: Set<String> = []

  init(_ format: ObjectFormat) { self.format = format }

  mutating func add(_ kind: String, _ bytes: [UInt8]) -> String {
    let id = format.id(kind, bytes)
    if known.insert(id).inserted {
      let number: UInt8 = ["commit": 1, "tree": 2, "blob": 3, "tag": 4][kind] ?? 0
      pending.append((number, bytes))
    }
    return id
  }

  mutating func blob(_ bytes: [UInt8]) -> String { add("blob", bytes) }
  mutating func blob(_ text: String) -> String { add("blob", Array(text.utf8)) }

  /// Hands everything made since the last time to git, as a pack without compression.
  mutating func write(to repo: Repo) throws {
    guard !pending.isEmpty else { return }
    var pack = Array("PACK".utf8) + Self.big(2) + Self.big(UInt32(pending.count))
    for object in pending {
      var size = object.bytes.count
      var byte = object.kind << 4 | UInt8(size & 15)
      size >>= 4
      while size > 0 {
        pack.append(byte | 0x80)
        byte = UInt8(size & 0x7f)
        size >>= 7
      }
      pack.append(byte)
      pack += Self.stored(object.bytes)
    }
    pack += format == .sha1 ? Digest.sha1(pack) : Digest.sha256(pack)
    let many = pending.count > 50
    let done = try many ? repo.git("index-pack", "--stdin", input: pack) : repo.git("unpack-objects", "-q", input: pack)
    guard done.ok else { throw Broken("the pack was not taken: \(done.errors)") }
    pending = []
  }

  /// A zlib stream of stored blocks.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var at = 0
    repeat {
      let part = bytes[at..<min(at + 65535, bytes.count)]
      at += part.count
      let length = UInt16(part.count)
      out.append(at == bytes.count ? 1 : 0)
      for half in [length, ~length] { out += [UInt8(half & 0xff), UInt8(half >> 8)] }
      out += part
    } while at < bytes.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return out + big(b << 16 | a)
  }

  private static func big(_ n: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: n >> $0) } }
}
