/// A Gear hash on its way through a buffer: each byte shifts the hash left by one bit and adds its word of the table.
struct GearScan {
  let bytes: UnsafeRawPointer
  /// The 256 words of the table.
  let table: UnsafePointer<UInt64>
  /// The next byte to be hashed.
  private(set) var at: Int
  private var hash: UInt64 = 0

  init(bytes: UnsafeRawPointer, table: UnsafePointer<UInt64>, at: Int) {
    self.bytes = bytes
    self.table = table
    self.at = at
  }

  /// Hashes one byte, whatever comes out.
  mutating func skip() {
    hash = hash &<< 1 &+ word(at)
    at &+= 1
  }

  /// Hashes the bytes before `end`; says whether one of them, then at `at`, left no bit of `mask`.
  mutating func find(_ mask: UInt64, before end: Int) -> Bool {
    while end &- at >= 4 {
      // From `hash` to `hash4` it is two shifts and two sums, not four: all else is off that path.
      let (first, third) = (word(at), word(at &+ 2))
      let hash1 = hash &<< 1 &+ first
      let hash2 = hash &<< 2 &+ (first &<< 1 &+ word(at &+ 1))
      let hash3 = hash2 &<< 1 &+ third
      let hash4 = hash2 &<< 2 &+ (third &<< 1 &+ word(at &+ 3))
      if hash1 & mask == 0 { return found(0) }
      if hash2 & mask == 0 { return found(1) }
      if hash3 & mask == 0 { return found(2) }
      if hash4 & mask == 0 { return found(3) }
      hash = hash4
      at &+= 4
    }
    while at < end {
      hash = hash &<< 1 &+ word(at)
      if hash & mask == 0 { return true }
      at &+= 1
    }
    return false
  }

  private mutating func found(_ offset: Int) -> Bool {
    at &+= offset
    return true
  }

  @inline(__always)
  private func word(_ index: Int) -> UInt64 { table[Int((bytes + index).load(as: UInt8.self))] }
}
