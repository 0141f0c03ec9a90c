import Crypto
import FoundationEssentials

/// The kinds of git object.
public enum ObjectKind: String, Sendable {
  case blob, tree, commit, tag
}

/// Names objects as git does: the hash of `<kind> <size>\0<content>`.
public struct ObjectHasher: Sendable {
  public let format: ObjectFormat

  public init(_ format: ObjectFormat) { self.format = format }

  public func id(_ kind: ObjectKind, _ content: [UInt8]) -> ObjectID {
    content.withUnsafeBytes { id(kind, $0) }
  }

  public func id(_ kind: ObjectKind, _ content: UnsafeRawBufferPointer) -> ObjectID {
    let header = Self.header(kind, content.count)
    switch format {
    case .sha1:
      var hash = Insecure.SHA1()
      return Self.run(&hash, header, content, format)
    case .sha256:
      var hash = SHA256()
      return Self.run(&hash, header, content, format)
    }
  }

  static func header(_ kind: ObjectKind, _ size: Int) -> [UInt8] { Array("\(kind.rawValue) \(size)\0".utf8) }

  private static func run(
    _ hash: inout some HashFunction, _ header: [UInt8], _ content: UnsafeRawBufferPointer, _ format: ObjectFormat
  ) -> ObjectID {
    header.withUnsafeBytes { hash.update(bufferPointer: $0) }
    hash.update(bufferPointer: content)
    return hash.finalize().withUnsafeBytes { ObjectID(raw: $0, format: format) }
  }
}
