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
    let digest = value.withUnsafeBytes { bytes in
      switch algorithm {
      case .blake3: BLAKE3.hash(bytes)
      case .blake2b: BLAKE2b.hash(bytes, length: 64)
      }
    }
    self.algorithm = algorithm
    text = "\(algorithm.rawValue):\(Hex.string(digest))"
  }
}
