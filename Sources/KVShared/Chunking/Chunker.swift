/// Cuts a value into chunks.
///
/// In mode `fastcdc` the content decides where a chunk ends, so a change moves only the cuts beside it (Xia et al., "The
/// Design of Fast Content-Defined Chunking for Data Deduplication Based Storage Systems", 2020): the bytes from `min` on
/// enter a Gear hash, and the first that leaves all bits of a mask zero begins the next chunk. The mask has one bit more
/// than log2 `avg` for the bytes before `avg`, and one less from there on.
///
/// The cuts are those of the Rust crate `fastcdc`, module v2020, at normalization level 1, with one difference: if `min`
/// is odd, that crate can cut one byte short of it.
public struct Chunker: Sendable {
  /// What `min`, `avg` and `max` may be, in bytes.
  public static let sizes = 64...(16 << 20)

  private let chunking: NamespacePolicy.Chunking
  private let smallMask: UInt64
  private let largeMask: UInt64

  /// The sizes must be `min <= avg <= max`, all in `Chunker.sizes`; anything else ends the program.
  public init(_ chunking: NamespacePolicy.Chunking) {
    precondition(chunking.isSound, "chunk sizes out of range")
    self.chunking = chunking
    let bits = Self.roundedLog2(chunking.avg)
    smallMask = Self.masks[bits + 1 - Self.fewestBits]
    largeMask = Self.masks[bits - 1 - Self.fewestBits]
  }

  /// Returns the length in bytes of the chunk that `bytes` begins with; 0 only if there are none.
  ///
  /// `bytes` begins where a chunk begins, and holds `max` bytes or more, or else all up to the end of the value.
  public func cut(_ bytes: UnsafeRawBufferPointer) -> Int {
    switch chunking.mode {
    case .fixed: min(bytes.count, chunking.avg)
    case .fastcdc: cutByContent(bytes)
    }
  }

  private func cutByContent(_ bytes: UnsafeRawBufferPointer) -> Int {
    let end = min(bytes.count, chunking.max)
    guard end > chunking.min, let base = bytes.baseAddress else { return end }
    return GearTable.words.withUnsafeBufferPointer { words in
      guard let table = words.baseAddress else { return end }
      // The crate hashes in pairs: from an odd `min` it begins one byte earlier, and an odd byte at the end is left out.
      var scan = GearScan(bytes: base, table: table, at: chunking.min & ~1)
      if scan.at < chunking.min { scan.skip() }
      if scan.find(smallMask, before: min(chunking.avg, end) & ~1) { return scan.at }
      if scan.find(largeMask, before: end & ~1) { return scan.at }
      return end
    }
  }

  /// The whole number nearest to the base 2 logarithm.
  private static func roundedLog2(_ size: Int) -> Int {
    let floor = Int.bitWidth - 1 - size.leadingZeroBitCount
    // The fraction is above a half if the square is above 2 to the power of 2 * floor + 1.
    return size * size > 1 << (2 * floor + 1) ? floor + 1 : floor
  }

  private static let fewestBits = 5
  /// The crate's masks of 5 to 25 bits.
  static let masks: [UInt64] = [
    0x0180_4110, 0x0180_3110, 0x1803_5100, 0x18_0003_5300, 0x190_0035_3000, 0x5900_0353_0000, 0xd900_0353_0000,
    0xd901_0353_0000, 0xd903_0353_0000, 0xd903_1353_0000, 0xd90f_0353_0000, 0xd903_0353_7000, 0xd907_0353_7000,
    0xd907_0753_7000, 0xd917_0753_7000, 0xd917_4753_7000, 0xd917_6753_7000, 0xd937_6753_7000, 0xd937_7753_7000,
    0xd937_7757_7000, 0xdb37_7757_7000,
  ]
}

extension NamespacePolicy.Chunking {
  /// Whether the sizes are in order and within what a chunker takes.
  var isSound: Bool { Chunker.sizes.contains(min) && min <= avg && avg <= max && Chunker.sizes.contains(max) }
}
