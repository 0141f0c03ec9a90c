import Crypto
import FoundationEssentials

/// The hash of an object format over bytes that come in pieces.
struct StreamHash {
  private enum State {
    case sha1(Insecure.SHA1)
    case sha256(SHA256)
  }

  private var state: State

  init(_ format: ObjectFormat) { state = format == .sha1 ? .sha1(Insecure.SHA1()) : .sha256(SHA256()) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch state {
    case .sha1(var hash):
      hash.update(bufferPointer: bytes)
      state = .sha1(hash)
    case .sha256(var hash):
      hash.update(bufferPointer: bytes)
      state = .sha256(hash)
    }
  }

  func finalize() -> [UInt8] {
    switch state {
    case .sha1(let hash): Array(hash.finalize())
    case .sha256(let hash): Array(hash.finalize())
    }
  }
}
