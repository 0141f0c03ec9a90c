/// BLAKE3 in its plain hash mode with an output of 32 bytes, written from the paper that defines it.
///
/// Input is cut into chunks of 1,024 bytes, the leaves of a binary tree. `stack` holds the values of complete subtrees,
/// largest first. Two of them are joined only once more input is there: the root is compressed with a flag of its own.
public struct BLAKE3: Sendable {
  static let chunkLength = 1024
  static let blockLength = 64

  typealias Value = BLAKE3Value<UInt32>

  private var stack: [Value] = []
  /// How many chunks `stack` stands for: the number of the chunk being read.
  private var chunkCount: UInt64 = 0
  private var chunk = Chunk()

  public init() {}

  /// Adds bytes to what is hashed.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if chunk.length == Self.chunkLength {
        push(chunk.output(number: chunkCount).value(flags: 0), chunks: 1)
        chunk = Chunk()
      }
      if chunk.length == 0 {
        settle()
        if let taken = pushSubtree(of: rest) {
          rest = rest.dropFirst(taken)
          continue
        }
      }
      let part = rest.prefix(Self.chunkLength - chunk.length)
      chunk.add(UnsafeRawBufferPointer(rebasing: part), number: chunkCount)
      rest = rest.dropFirst(part.count)
    }
  }

  /// Adds bytes to what is hashed.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Returns the hash of all bytes so far; more may be added afterwards.
  public func finalize() -> [UInt8] {
    var open = stack[...]
    var last: Output
    if chunk.length > 0 || chunkCount == 0 {
      last = chunk.output(number: chunkCount)
    } else {
      let right = open.removeLast()
      last = .parent(open.removeLast(), right)
    }
    while let left = open.popLast() { last = .parent(left, last.value(flags: 0)) }
    let root = last.value(flags: BLAKE3Flags.root)
    return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      for index in 0..<8 {
        UnsafeMutableRawBufferPointer(buffer).storeBytes(
          of: root[index].littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
      count = 32
    }
  }

  /// Hashes bytes that are all in memory.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = BLAKE3()
    hash.update(bytes)
    return hash.finalize()
  }

  /// Hashes bytes that are all in memory.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { hash($0) }
  }

  private mutating func push(_ value: Value, chunks: UInt64) {
    stack.append(value)
    chunkCount += chunks
  }

  /// Joins complete subtrees until there is one for each set bit of `chunkCount`; more input must be there.
  private mutating func settle() {
    while stack.count > chunkCount.nonzeroBitCount {
      let right = stack.removeLast()
      stack.append(Output.parent(stack.removeLast(), right).value(flags: 0))
    }
  }

  /// Takes a whole subtree from the front of `input`, if it is long enough, as two halves; returns the bytes taken.
  private mutating func pushSubtree(of input: Slice<UnsafeRawBufferPointer>) -> Int? {
    let chunks = input.count / Self.chunkLength
    let size = [BLAKE3Wide.many, BLAKE3Wide.few].first { chunks >= $0 && chunkCount % UInt64($0) == 0 }
    guard let size, let base = UnsafeRawBufferPointer(rebasing: input).baseAddress else { return nil }
    let (left, right) =
      size == BLAKE3Wide.many
      ? BLAKE3Wide.subtree16(base, counter: chunkCount) : BLAKE3Wide.subtree4(base, counter: chunkCount)
    push(left, chunks: UInt64(size / 2))
    push(right, chunks: UInt64(size / 2))
    return size * Self.chunkLength
  }
}

extension BLAKE3 {
  /// The last compression of a chunk or parent, put off until it is known whether it is the root.
  private struct Output {
    let input: Value
    let block: BLAKE3Block<UInt32>
    let counter: UInt64
    let length: UInt32
    let flags: UInt32

    static func parent(_ left: Value, _ right: Value) -> Output {
      Output(
        input: .initial, block: BLAKE3Block { $0 < 8 ? left[$0] : right[$0 - 8] }, counter: 0,
        length: UInt32(blockLength), flags: BLAKE3Flags.parent)
    }

    @inline(never)
    func value(flags more: UInt32) -> Value {
      BLAKE3State.compress(
        input, block,
        counter: (UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter &>> 32)),
        length: length, flags: flags | more)
    }
  }

  /// The chunk being read. Its last block stays in `block`, as it is compressed with a flag of its own.
  private struct Chunk {
    private var value = Value.initial
    private var block = BLAKE3Block<UInt32>(repeating: 0)
    private var blockUsed = 0
    private(set) var length = 0

    /// Adds bytes of the chunk with the given number; they must fit.
    mutating func add(_ bytes: UnsafeRawBufferPointer, number: UInt64) {
      var rest = bytes
      while !rest.isEmpty {
        if blockUsed == blockLength {
          value = output(number: number, flags: 0).value(flags: 0)
          block = BLAKE3Block(repeating: 0)
          blockUsed = 0
        }
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(blockLength - blockUsed))
        withUnsafeMutableBytes(of: &block) { $0[blockUsed...].copyBytes(from: part) }
        blockUsed += part.count
        length += part.count
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
      }
    }

    func output(number: UInt64) -> Output { output(number: number, flags: BLAKE3Flags.chunkEnd) }

    private func output(number: UInt64, flags: UInt32) -> Output {
      Output(
        input: value, block: BLAKE3Block { UInt32(littleEndian: block[$0]) }, counter: number,
        length: UInt32(blockUsed), flags: flags | (length <= blockLength ? BLAKE3Flags.chunkStart : 0))
    }
  }
}
