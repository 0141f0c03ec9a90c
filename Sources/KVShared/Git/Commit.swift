/// A commit object as our refs hold them: `tree`, `parent`…, `author`, `committer`, at most one signature, nothing else.
public struct Commit: Sendable {
  public let id: ObjectID
  public let tree: ObjectID
  public let parents: [ObjectID]
  /// `name <email> seconds zone`, as stored.
  public let author: String
  public let committer: String
  /// The armored signature, its lines joined by newlines; nil for an unsigned commit.
  public let signature: [UInt8]?
  /// The bytes a signature covers: the object without its signature header.
  public let signedPayload: [UInt8]
  public let message: String

  /// Parses strictly. Throws `.attestation` for a header that is not ours, twice there, or out of order, and for a message that is not UTF-8.
  public init(id: ObjectID, bytes: [UInt8]) throws(Rejection) {
    func fail(_ what: String) -> Rejection { .attestation("commit \(id) \(what)") }
    var parents: [ObjectID] = []
    var values: [String: String] = [:]
    var signature: [UInt8]?
    var payload: [UInt8] = []
    payload.reserveCapacity(bytes.count)
    let order = ["tree", "parent", "author", "committer", id.format.signatureHeader]
    var stage = 0
    var at = 0
    while true {
      guard at < bytes.count, let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) else {
        throw fail("has no message")
      }
      let line = bytes[at..<end]
      at = end + 1
      if line.isEmpty { break }
      guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { throw fail("has a malformed header") }
      let name = String(decoding: line[..<space], as: UTF8.self)
      guard let rank = order.firstIndex(of: name), rank >= stage, rank > stage || name == "tree" || name == "parent"
      else { throw fail("has an unexpected header \(name.quoted)") }
      let isFirst = values[name] == nil
      guard isFirst || name == "parent" else { throw fail("has the header \(name.quoted) twice") }
      stage = rank
      if rank == 4 {
        var armor = Array(line[(space + 1)...])
        while at < bytes.count, bytes[at] == UInt8(ascii: " ") {
          guard let end = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) else { throw fail("has no message") }
          armor.append(UInt8(ascii: "\n"))
          armor.append(contentsOf: bytes[(at + 1)..<end])
          at = end + 1
        }
        signature = armor
        values[name] = ""
        continue
      }
      payload.append(contentsOf: bytes[line.startIndex...end])
      guard let value = String(validating: line[(space + 1)...], as: UTF8.self) else {
        throw fail("has a header that is not UTF-8")
      }
      values[name] = value
      if name == "parent" {
        guard let parent = ObjectID(value) else { throw fail("has a malformed parent") }
        parents.append(parent)
      }
    }
    guard let tree = values["tree"].flatMap({ ObjectID($0) }), let author = values["author"],
      let committer = values["committer"]
    else { throw fail("lacks a header") }
    guard let message = String(validating: bytes[at...], as: UTF8.self), !message.utf8.contains(0) else {
      throw fail("has a message that is not UTF-8 text")
    }
    payload.append(contentsOf: bytes[(at - 1)...])
    self.id = id
    self.tree = tree
    self.parents = parents
    self.author = author
    self.committer = committer
    self.signature = signature
    signedPayload = payload
    self.message = message
  }

  /// Writes the bytes of an unsigned commit, which are also what a signature covers.
  public static func payload(
    tree: ObjectID, parent: ObjectID?, author: String, committer: String, message: String
  ) -> [UInt8] {
    var text = "tree \(tree)\n"
    if let parent { text += "parent \(parent)\n" }
    text += "author \(author)\ncommitter \(committer)\n\n\(message)"
    return Array(text.utf8)
  }

  /// The same for a commit that the server makes by itself.
  /// - Parameter seconds: since 1970 UTC.
  static func payload(
    tree: ObjectID, parent: ObjectID?, byStargateAt seconds: Int64, message: String
  ) -> [UInt8] {
    let who = "Stargate <stargate@localhost> \(seconds) +0000"
    return payload(tree: tree, parent: parent, author: who, committer: who, message: message)
  }

  /// Inserts an armored signature into an unsigned commit, as git does: one header, its further lines indented by a space.
  public static func signed(_ payload: [UInt8], signature: [UInt8], _ format: ObjectFormat) -> [UInt8] {
    var armor = signature[...]
    while armor.last == UInt8(ascii: "\n") { armor.removeLast() }
    var header = Array(format.signatureHeader.utf8)
    for line in armor.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      header.append(UInt8(ascii: " "))
      header.append(contentsOf: line)
      header.append(UInt8(ascii: "\n"))
    }
    var at = 0
    while at + 1 < payload.count, !(payload[at] == UInt8(ascii: "\n") && payload[at + 1] == UInt8(ascii: "\n")) {
      at += 1
    }
    return Array(payload[...at]) + header + Array(payload[(at + 1)...])
  }
}
