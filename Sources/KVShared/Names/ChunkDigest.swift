import Crypto
import FoundationEssentials

/// The SHA-256 of a chunk's bytes, which is its name in the chunks tree.
public struct ChunkDigest: Hashable, Sendable, CustomStringConvertible {
  /// Raw ids of that length hold it as it is; all zeros, which no bytes are known to hash to, are refused.
  private let value: ObjectID

  /// Takes 64 lower-case hex digits; returns nil for anything else.
  public init?(hex: some Collection<UInt8>) {
    guard hex.count == 64, let value = ObjectID(hex: hex) else { return nil }
    self.value = value
  }

  /// Computes the digest of a chunk.
  public init(of bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    value = hash.finalize().withUnsafeBytes { ObjectID(raw: $0, format: .sha256) }
  }

  /// 64 lower-case hex digits.
  public var hex: String { value.hex }
  public var description: String { "sha256:\(hex)" }
}
