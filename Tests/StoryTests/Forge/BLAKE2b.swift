/// BLAKE2b of 64 bytes without a key (RFC 7693), for the tests alone.
enum BLAKE2b {
  static func hash(_ message: [UInt8]) -> [UInt8] {
    var h = start
    h[0] ^= 0x0101_0040
    var at = 0
    repeat {
      let block = message[at..<min(at + 128, message.count)]
      at += block.count
      compress(&h, Array(block) + [UInt8](repeating: 0, count: 128 - block.count), at, at == message.count)
    } while at < message.count
    return h.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  private static func compress(_ h: inout [UInt64], _ block: [UInt8], _ count: Int, _ isLast: Bool) {
    let m = stride(from: 0, to: 128, by: 8).map { i in
      block[i..<i + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    var v = h + start
    v[12] ^= UInt64(count)
    if isLast { v[14] = ~v[14] }
    func mix(_ a: Int, _ b: Int, _ c: Int, _ d: Int, _ x: UInt64, _ y: UInt64) {
      v[a] = v[a] &+ v[b] &+ x
      v[d] = right(v[d] ^ v[a], 32)
      v[c] = v[c] &+ v[d]
      v[b] = right(v[b] ^ v[c], 24)
      v[a] = v[a] &+ v[b] &+ y
      v[d] = right(v[d] ^ v[a], 16)
      v[c] = v[c] &+ v[d]
      v[b] = right(v[b] ^ v[c], 63)
    }
    for round in 0..<12 {
      let s = order[round % 10]
      for i in 0..<4 { mix(i, 4 + i, 8 + i, 12 + i, m[s[2 * i]], m[s[2 * i + 1]]) }
      for i in 0..<4 {
        mix(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[s[8 + 2 * i]], m[s[9 + 2 * i]])
      }
    }
    for i in 0..<8 { h[i] ^= v[i] ^ v[i + 8] }
  }

  private static func right(_ x: UInt64, _ n: UInt64) -> UInt64 { x >> n | x << (64 - n) }

  private static let start: [UInt64] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
  ]

  private static let order: [[Int]] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
  ]
}
