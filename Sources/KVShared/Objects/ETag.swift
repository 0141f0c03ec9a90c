/// The algorithms an etag may be made with.
public enum ETagAlgorithm: String, Sendable, CaseIterable {
  case blake3, blake2b

  /// Bytes of the digest: 32 (BLAKE3) or 64 (BLAKE2b-512, as `b2sum` prints it).
  public var digestBytes: Int { self == .blake3 ? 32 : 64 }
}

/// The fingerprint of a value's bytes: `blake3:<64 hex>` or `blake2b:<128 hex>`.
public struct ETag: Hashable, Sendable {
  public let text: String
  public let algorithm: ETagAlgorithm

  /// Returns nil for an unknown algorithm, a wrong length, or digits that are not lower-case hex.
  public init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let algorithm = ETagAlgorithm(rawValue: String(parts[0]) ?? ""),
      parts[1].count == algorithm.digestBytes * 2, parts[1].allSatisfy({ Hex.value($0) != nil })
    else { return nil }
    self.text = text
    self.algorithm = algorithm
  }

  /// Computes the etag of a value.
  public init(of value: [UInt8], _ algorithm: ETagAlgorithm) {
    var hasher = Hasher(algorithm)
    value.withUnsafeBytes { hasher.update($0) }
    self = hasher.finalize()
  }

  private init(_ digest: [UInt8], _ algorithm: ETagAlgorithm) {
    self.algorithm = algorithm
    text = "\(algorithm.rawValue):\(Hex.string(digest))"
  }

  /// Computes the etag of a value that comes in pieces.
  public struct Hasher {
    private enum State {
      case blake3(BLAKE3)
      case blake2b(BLAKE2b)
    }

    private var state: State

    public init(_ algorithm: ETagAlgorithm) {
      state = algorithm == .blake3 ? .blake3(BLAKE3()) : .blake2b(BLAKE2b(length: algorithm.digestBytes))
    }

    /// Adds the next bytes of the value.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      switch state {
      case .blake3(var hash):
        hash.update(bytes)
        state = .blake3(hash)
      case .blake2b(var hash):
        hash.update(bytes)
        state = .blake2b(hash)
      }
    }

    /// The etag of all bytes so far.
    public func finalize() -> ETag {
      switch state {
      case .blake3(let hash): ETag(hash.finalize(), .blake3)
      case .blake2b(let hash): ETag(hash.finalize(), .blake2b)
      }
    }
  }
}
