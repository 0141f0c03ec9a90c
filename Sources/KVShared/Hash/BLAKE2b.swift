import Clibb2

/// BLAKE2b without a key (RFC 7693), by libb2.
public struct BLAKE2b: Sendable {
  private var state = blake2b_state()
  private let length: Int

  /// Starts a hash of `length` bytes, 1 to 64.
  public init(length: Int = 64) {
    precondition((1...64).contains(length), "BLAKE2b makes 1 to 64 bytes")
    self.length = length
    let status = blake2b_init(&state, length)
    precondition(status == 0)
  }

  /// Adds bytes to what is hashed.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    blake2b_update(&state, base.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  /// Adds bytes to what is hashed.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Returns the hash of all bytes so far; more may be added afterwards.
  public func finalize() -> [UInt8] {
    var copy = state
    return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      let status = blake2b_final(&copy, buffer.baseAddress, length)
      precondition(status == 0)
      count = length
    }
  }

  /// Hashes bytes that are all in memory.
  public static func hash(_ bytes: UnsafeRawBufferPointer, length: Int = 64) -> [UInt8] {
    var hash = BLAKE2b(length: length)
    hash.update(bytes)
    return hash.finalize()
  }

  /// Hashes bytes that are all in memory.
  public static func hash(_ bytes: [UInt8], length: Int = 64) -> [UInt8] {
    bytes.withUnsafeBytes { hash($0, length: length) }
  }
}
