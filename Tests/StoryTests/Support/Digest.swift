/// SHA-1 and SHA-256 written for the tests alone, so that no shard or object id is computed by the code under test.
enum Digest {
  static func sha1(_ message: [UInt8]) -> [UInt8] {
    var h: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    eachBlock(message, 80) { w in
      for i in 16..<80 { w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1) }
      var (a, b, c, d, e) = (h[0], h[1], h[2], h[3], h[4])
      func round(_ f: UInt32, _ k: UInt32, _ word: UInt32) {
        let t = left(a, 5) &+ f &+ e &+ k &+ word
        e = d
        d = c
        c = left(b, 30)
        b = a
        a = t
      }
      for i in 0..<20 { round((b & c) | (~b & d), 0x5a82_7999, w[i]) }
      for i in 20..<40 { round(b ^ c ^ d, 0x6ed9_eba1, w[i]) }
      for i in 40..<60 { round((b & c) | (b & d) | (c & d), 0x8f1b_bcdc, w[i]) }
      for i in 60..<80 { round(b ^ c ^ d, 0xca62_c1d6, w[i]) }
      for (i, v) in [a, b, c, d, e].enumerated() { h[i] = h[i] &+ v }
    }
    return bytes(h)
  }

  static func sha256(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    roundConstants.withUnsafeBufferPointer { k in
      eachBlock(message, 64) { w in
        for i in 16..<64 {
          let s0 = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >> 3)
          let s1 = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >> 10)
          w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for i in 0..<64 {
          let s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25)
          let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ k[i] &+ w[i]
          let s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22)
          let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
          h = g
          g = f
          f = e
          e = d &+ t1
          d = c
          c = b
          b = a
          a = t1 &+ t2
        }
        for (i, v) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ v }
      }
    }
    return bytes(state)
  }

  static func hex(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for b in bytes {
      text.append((b >> 4) + ((b >> 4) < 10 ? 48 : 87))
      text.append((b & 15) + ((b & 15) < 10 ? 48 : 87))
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func unhex(_ text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8($0 > 57 ? ($0 & 0xdf) - 55 : $0 - 48) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Fractional parts of the cube roots of the first 64 primes, by integer arithmetic.
  private static let roundConstants: [UInt32] = {
    var constants: [UInt32] = []
    var candidate: UInt64 = 2
    while constants.count < 64 {
      if !(2..<candidate).contains(where: { $0 * $0 <= candidate && candidate % $0 == 0 }) {
        // The root of p * 2^96 is the root of p with 32 fractional bits.
        var low: UInt64 = 0
        var high: UInt64 = 7 << 32
        while high - low > 1 {
          let middle = (low + high) / 2
          let square = middle.multipliedFullWidth(by: middle)
          let upper = square.high.multipliedFullWidth(by: middle)
          let lower = square.low.multipliedFullWidth(by: middle)
          let (sum, carry) = upper.low.addingReportingOverflow(lower.high)
          let top = upper.high + (carry ? 1 : 0)
          let below = top == 0 && sum < candidate << 32
          if below || (top == 0 && sum == candidate << 32 && lower.low == 0) { low = middle } else { high = middle }
        }
        constants.append(UInt32(truncatingIfNeeded: low))
      }
      candidate += 1
    }
    return constants
  }()

  private static func left(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }
  private static func right(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }

  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { w in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: w >> UInt32($0)) } }
  }

  /// Calls the body with the 16 words of each padded block, in room for `width` of them.
  private static func eachBlock(
    _ message: [UInt8], _ width: Int, _ body: (UnsafeMutableBufferPointer<UInt32>) -> Void
  ) {
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
    padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (UInt64(message.count) * 8) >> (UInt64($0) * 8)) }
    var words = [UInt32](repeating: 0, count: width)
    padded.withUnsafeBytes { bytes in
      words.withUnsafeMutableBufferPointer { w in
        for start in stride(from: 0, to: bytes.count, by: 64) {
          for i in 0..<16 {
            w[i] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start + i * 4, as: UInt32.self))
          }
          body(w)
        }
      }
    }
  }
}
