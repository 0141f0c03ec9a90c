import Glibc
import KVShared

extension KeyPolicy {
  /// Reads a value from a file, `-` for standard input, no further than the policy lets a value go.
  /// Throws `.policy` for one that is larger, `.io` for one that cannot be read.
  func readValue(path: String) throws(Rejection) -> [UInt8] {
    let limit = min(rules.maxValueInline, rules.maxValueTotal)
    let bytes: [UInt8]
    if path == "-" {
      bytes = try IO.read(0, "standard input", upTo: limit + 1)
    } else {
      let file = try Descriptor(path: path, flags: O_RDONLY)
      bytes = try IO.read(file.raw, path, upTo: limit + 1)
    }
    guard bytes.count <= limit else {
      throw .policy(
        "\(path.quoted) has more than max_value_inline (\(limit)) bytes",
        hint: "chunked values are not taken by this version")
    }
    return bytes
  }
}
