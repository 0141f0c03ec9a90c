/// Four chunks of BLAKE3 at a time, one in each lane.
enum BLAKE3Wide {
  private typealias Lane = SIMD4<UInt32>
  private typealias Value = BLAKE3Value<Lane>

  /// How many chunks the two entry points take.
  static let few = 4
  static let many = 16

  /// Returns the chaining values of the two halves of a subtree of `many` chunks whose first has the number `counter`.
  static func subtree16(_ input: UnsafeRawPointer, counter: UInt64) -> (BLAKE3Value<UInt32>, BLAKE3Value<UInt32>) {
    let step = few * BLAKE3.chunkLength
    var pairs = parents(
      chunks(input, counter: counter), chunks(input + step, counter: counter &+ 4))
    let rest = parents(
      chunks(input + 2 * step, counter: counter &+ 8), chunks(input + 3 * step, counter: counter &+ 12))
    pairs = parents(pairs, rest)
    return firstTwo(parents(pairs, pairs))
  }

  /// Returns the chaining values of the two halves of a subtree of `few` chunks whose first has the number `counter`.
  static func subtree4(_ input: UnsafeRawPointer, counter: UInt64) -> (BLAKE3Value<UInt32>, BLAKE3Value<UInt32>) {
    let values = chunks(input, counter: counter)
    return firstTwo(parents(values, values))
  }

  /// Returns the chaining values of four chunks.
  @inline(never)
  private static func chunks(_ input: UnsafeRawPointer, counter: UInt64) -> Value {
    // The first number is a multiple of four, so the low halves do not wrap within the lanes.
    let low = Lane(repeating: UInt32(truncatingIfNeeded: counter)) &+ Lane(0, 1, 2, 3)
    let high = Lane(repeating: UInt32(truncatingIfNeeded: counter &>> 32))
    var value = Value.initial
    for offset in stride(from: 0, to: BLAKE3.chunkLength, by: BLAKE3.blockLength) {
      let at = input + offset
      let block = BLAKE3Block<Lane> { index in
        let word = at + 4 * index
        return Lane(
          UInt32(littleEndian: word.loadUnaligned(as: UInt32.self)),
          UInt32(littleEndian: (word + BLAKE3.chunkLength).loadUnaligned(as: UInt32.self)),
          UInt32(littleEndian: (word + 2 * BLAKE3.chunkLength).loadUnaligned(as: UInt32.self)),
          UInt32(littleEndian: (word + 3 * BLAKE3.chunkLength).loadUnaligned(as: UInt32.self)))
      }
      let flags =
        offset == 0
        ? BLAKE3Flags.chunkStart
        : offset == BLAKE3.chunkLength - BLAKE3.blockLength ? BLAKE3Flags.chunkEnd : 0
      value = BLAKE3State.compress(
        value, block, counter: (low, high), length: UInt32(BLAKE3.blockLength), flags: flags)
    }
    return value
  }

  /// Returns the parents of eight neighbours, the first four of them in `left`.
  @inline(never)
  private static func parents(_ left: Value, _ right: Value) -> Value {
    let block = BLAKE3Block<Lane> { index in
      index < 8
        ? Lane(lowHalf: left[index].evenHalf, highHalf: right[index].evenHalf)
        : Lane(lowHalf: left[index - 8].oddHalf, highHalf: right[index - 8].oddHalf)
    }
    return BLAKE3State.compress(
      .initial, block, counter: (.zero, .zero), length: UInt32(BLAKE3.blockLength), flags: BLAKE3Flags.parent)
  }

  private static func firstTwo(_ value: Value) -> (BLAKE3Value<UInt32>, BLAKE3Value<UInt32>) {
    (BLAKE3Value { value[$0].x }, BLAKE3Value { value[$0].y })
  }
}
