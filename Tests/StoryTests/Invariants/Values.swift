/// What is said of one value, against its bytes and against the contract.
extension Invariants {
  /// The etag of an inline or chunked value from its bytes.
  mutating func checkETag(_ etag: String, _ blob: String, _ what: String) throws {
    guard etag.hasPrefix("blake2b:") else { return }
    let parts = known.manifests[blob]?.chunks.map(\.blob) ?? [blob]
    let held = try repo.objects(parts)
    let bytes = parts.flatMap { held[$0]?.bytes ?? [] }
    if "blake2b:" + Digest.hex(BLAKE2b.hash(bytes)) != etag { say("\(what): the etag is not that of the bytes") }
  }

  func sizes(_ ids: [String]) throws -> [String: String] {
    let asked = Array(Set(ids)).sorted()
    guard !asked.isEmpty else { return [:] }
    let lines = try repo.must("cat-file", "--batch-check", input: Array(asked.joined(separator: "\n").utf8) + [10])
    return Dictionary(
      uniqueKeysWithValues: zip(asked, lines.split(separator: "\n").map { String($0.split(separator: " ").last!) }))
  }

  /// The fields of a metadata blob, if every one is right and the bytes are canonical.
  func metadata(_ bytes: [UInt8]) -> JSON? {
    guard let json = JSON(bytes), Array((json.text + "\n").utf8) == bytes, json["v"] == .number("1"),
      let ctype = json["ctype"]?.string, (1...255).contains(ctype.utf8.count),
      ctype.utf8.allSatisfy({ (0x20...0x7e).contains($0) }),
      let etag = json["etag"]?.string?.split(separator: ":", omittingEmptySubsequences: false), etag.count == 2,
      ["blake3": 64, "blake2b": 128][etag[0]] == etag[1].utf8.count,
      etag[1].utf8.allSatisfy(Alphabet.hex.contains),
      let author = json["created_by"]?.string, (1...256).contains(author.utf8.count),
      !author.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }),
      let created = json["created_at"]?.string, Self.isInstant(created)
    else { return nil }
    var names = ["created_at", "created_by", "ctype", "etag", "v"]
    if let ttl = json["ttl"] {
      guard let text = ttl.string, Self.isInstant(text), created < text else { return nil }
      names = (names + ["ttl"]).sorted()
    }
    return json.keys == names ? json : nil
  }

  static func isInstant(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let shape = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
    guard bytes.count == shape.count,
      zip(bytes, shape).allSatisfy({ $1 == UInt8(ascii: "d") ? (48...57).contains($0) : $0 == $1 })
    else { return false }
    let n = text.split { !$0.isNumber }.map { Int($0)! }
    let leap = n[0] % 4 == 0 && (n[0] % 100 != 0 || n[0] % 400 == 0)
    let days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(n[1]) && (1...days[n[1] - 1]).contains(n[2]) && n[3] < 24 && n[4] < 60 && n[5] < 60
  }
}
