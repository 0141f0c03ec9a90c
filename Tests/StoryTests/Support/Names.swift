/// DESIGN §2 and §3 once more, for the tests: file names, shards and the burst layout.
enum Names {
  private static let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The file name of a key, or of a part of one.
  static func enc(_ bytes: some Sequence<UInt8>) -> String {
    var out = ""
    for b in bytes {
      if plain.contains(b) {
        out.unicodeScalars.append(Unicode.Scalar(b))
      } else {
        let hex = String(b, radix: 16, uppercase: true)
        out += "%" + (hex.count < 2 ? "0" : "") + hex
      }
    }
    return out
  }

  /// The key bytes of a file name; nil unless the name is the one `enc` gives.
  static func dec(_ name: some Sequence<UInt8>) -> [UInt8]? {
    let name = Array(name)
    var out: [UInt8] = []
    var i = 0
    while i < name.count {
      if name[i] == UInt8(ascii: "%") {
        guard i + 2 < name.count, let b = UInt8(String(decoding: name[i + 1...i + 2], as: UTF8.self), radix: 16)
        else { return nil }
        out.append(b)
        i += 3
      } else {
        out.append(name[i])
        i += 1
      }
    }
    return Array(enc(out).utf8) == name ? out : nil
  }

  /// `hh/hh` of a key.
  static func shard(_ key: [UInt8]) -> String {
    let hex = Digest.hex(Array(Digest.sha256(key).prefix(2)))
    return "\(hex.prefix(2))/\(hex.suffix(2))"
  }

  static func data(_ ns: String, _ key: [UInt8]) -> String { "kv/\(ns)/data/\(shard(key))/\(enc(key))" }
  static func meta(_ ns: String, _ key: [UInt8]) -> String { "kv/\(ns)/meta/\(shard(key))/\(enc(key)).meta" }

  /// Where the pointer of every key stands, given the whole set.
  static func index(_ ns: String, _ keys: some Collection<[UInt8]>) -> [[UInt8]: String] {
    var paths: [[UInt8]: String] = [:]
    func place(_ keys: [[UInt8]], _ depth: Int, _ folder: String) {
      let split = depth < 2 || keys.count > 256
      let (stay, down) = split ? keys.halves { $0.count <= 2 * depth && depth > 0 } : (keys, [])
      for key in stay { paths[key] = "\(folder)/\(enc(key)).ref" }
      for (part, group) in Dictionary(grouping: down, by: { Array($0[(2 * depth)...].prefix(2)) }) {
        place(group, depth + 1, "\(folder)/\(enc(part))")
      }
    }
    place(Array(keys), 0, "kv/\(ns)/index")
    return paths
  }
}

extension Array {
  /// The elements for which the condition holds, and the others.
  func halves(_ condition: (Element) -> Bool) -> ([Element], [Element]) {
    (filter(condition), filter { !condition($0) })
  }
}
