/// One 32-bit word, or the same word of several BLAKE3 inputs side by side.
protocol BLAKE3Lane: Sendable {
  init(repeating word: UInt32)
  static func &+ (left: Self, right: Self) -> Self
  static func ^ (left: Self, right: Self) -> Self
  func rotated(right count: UInt32) -> Self
}

extension UInt32: BLAKE3Lane {
  @inline(__always) init(repeating word: UInt32) { self = word }
  @inline(__always) func rotated(right count: UInt32) -> UInt32 { self &>> count | self &<< (32 &- count) }
}

extension SIMD4<UInt32>: BLAKE3Lane {
  @inline(__always) func rotated(right count: UInt32) -> Self {
    // A product for the left shift: two shifts are joined, lane by lane, into rotations that SSE2 has no vector form of.
    self &>> Self(repeating: count) | self &* Self(repeating: 1 &<< (32 &- count))
  }
}

/// A chaining value.
typealias BLAKE3Value<Lane: BLAKE3Lane> = InlineArray<8, Lane>
/// A message block.
typealias BLAKE3Block<Lane: BLAKE3Lane> = InlineArray<16, Lane>

struct BLAKE3Flags {
  static let chunkStart: UInt32 = 1
  static let chunkEnd: UInt32 = 2
  static let parent: UInt32 = 4
  static let root: UInt32 = 8
}

/// The 16 words that the compression function works on.
struct BLAKE3State<Lane: BLAKE3Lane> {
  private var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: Lane

  /// Returns the first eight words of the compression function's output: the next chaining value, or the hash.
  @inline(__always)
  static func compress(
    _ value: BLAKE3Value<Lane>, _ block: BLAKE3Block<Lane>, counter: (low: Lane, high: Lane), length: UInt32,
    flags: UInt32
  ) -> BLAKE3Value<Lane> {
    var state = BLAKE3State(value, counter: counter, length: length, flags: flags)
    // Each row is the one before it under the permutation 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8.
    state.round(block, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    state.round(block, 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
    state.round(block, 3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1)
    state.round(block, 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6)
    state.round(block, 12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4)
    state.round(block, 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7)
    state.round(block, 11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)
    return state.output
  }

  @inline(__always)
  private init(_ value: BLAKE3Value<Lane>, counter: (low: Lane, high: Lane), length: UInt32, flags: UInt32) {
    (v0, v1, v2, v3) = (value[0], value[1], value[2], value[3])
    (v4, v5, v6, v7) = (value[4], value[5], value[6], value[7])
    let start = BLAKE3Value<Lane>.initial
    (v8, v9, v10, v11) = (start[0], start[1], start[2], start[3])
    (v12, v13) = counter
    (v14, v15) = (Lane(repeating: length), Lane(repeating: flags))
  }

  private var output: BLAKE3Value<Lane> {
    @inline(__always) get {
      [v0 ^ v8, v1 ^ v9, v2 ^ v10, v3 ^ v11, v4 ^ v12, v5 ^ v13, v6 ^ v14, v7 ^ v15]
    }
  }

  @inline(__always)
  private mutating func round(
    _ block: BLAKE3Block<Lane>, _ i0: Int, _ i1: Int, _ i2: Int, _ i3: Int, _ i4: Int, _ i5: Int, _ i6: Int, _ i7: Int,
    _ i8: Int, _ i9: Int, _ i10: Int, _ i11: Int, _ i12: Int, _ i13: Int, _ i14: Int, _ i15: Int
  ) {
    Self.mix(&v0, &v4, &v8, &v12, block[i0], block[i1])
    Self.mix(&v1, &v5, &v9, &v13, block[i2], block[i3])
    Self.mix(&v2, &v6, &v10, &v14, block[i4], block[i5])
    Self.mix(&v3, &v7, &v11, &v15, block[i6], block[i7])
    Self.mix(&v0, &v5, &v10, &v15, block[i8], block[i9])
    Self.mix(&v1, &v6, &v11, &v12, block[i10], block[i11])
    Self.mix(&v2, &v7, &v8, &v13, block[i12], block[i13])
    Self.mix(&v3, &v4, &v9, &v14, block[i14], block[i15])
  }

  /// The quarter round of the paper, there called G.
  @inline(__always)
  private static func mix(_ a: inout Lane, _ b: inout Lane, _ c: inout Lane, _ d: inout Lane, _ x: Lane, _ y: Lane) {
    a = a &+ b &+ x
    d = (d ^ a).rotated(right: 16)
    c = c &+ d
    b = (b ^ c).rotated(right: 12)
    a = a &+ b &+ y
    d = (d ^ a).rotated(right: 8)
    c = c &+ d
    b = (b ^ c).rotated(right: 7)
  }
}

extension InlineArray where Element: BLAKE3Lane {
  /// What a hash without a key starts from: the initial value of SHA-256.
  @inline(__always)
  static var initial: BLAKE3Value<Element> {
    [
      Element(repeating: 0x6a09_e667), Element(repeating: 0xbb67_ae85), Element(repeating: 0x3c6e_f372),
      Element(repeating: 0xa54f_f53a), Element(repeating: 0x510e_527f), Element(repeating: 0x9b05_688c),
      Element(repeating: 0x1f83_d9ab), Element(repeating: 0x5be0_cd19),
    ]
  }
}
