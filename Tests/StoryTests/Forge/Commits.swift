/// A commit being made; whatever a row changes is what is written.
struct CommitPlan: Sendable {
  enum Signature: Sendable {
    case none
    case by(SigningKey, namespace: String)
    case gpg(String)
    case bytes(String)
  }

  var tree = ""
  var parents: [String] = []
  var subject = "set a key"
  var body = ""
  var trailers: [Trailer] = []
  /// In place of subject, body and trailers.
  var message: [UInt8]?
  var extraHeaders: [String] = []
  var signature = Signature.none
  /// In place of `gpgsig` or `gpgsig-sha256`.
  var signatureHeader: String?
  /// Done to the message after it was signed.
  var tamper: (@Sendable ([UInt8]) -> [UInt8])?
  var seconds = 0

  struct Trailer: Sendable, Equatable {
    var name: String
    var value: String
    /// In place of `Name: value`.
    var line: String?
    var text: String { line ?? "\(name): \(value)" }
  }

  subscript(_ name: String) -> String {
    get { trailers.first { $0.name == name }?.value ?? "" }
    set {
      for i in trailers.indices where trailers[i].name == name { trailers[i].value = newValue }
    }
  }

  mutating func drop(_ name: String) { trailers.removeAll { $0.name == name } }
  mutating func add(_ name: String, _ value: String) { trailers.append(Trailer(name: name, value: value)) }
  mutating func double(_ name: String) {
    guard let i = trailers.firstIndex(where: { $0.name == name }) else { return }
    trailers.insert(trailers[i], at: i)
  }
  mutating func line(_ name: String, _ line: String) {
    for i in trailers.indices where trailers[i].name == name { trailers[i].line = line }
  }

  var messageBytes: [UInt8] {
    if let message { return message }
    let head = subject + "\n\n" + (body.isEmpty ? "" : body + "\n\n")
    return Array((head + trailers.map { $0.text + "\n" }.joined()).utf8)
  }

  func write(_ objects: inout Objects, _ box: Sandbox) throws -> String {
    var head = ["tree \(tree)"] + parents.map { "parent \($0)" }
    let when = 1_795_428_000 + seconds
    head += ["author Dev <dev@example.org> \(when) +0000", "committer Dev <dev@example.org> \(when) +0000"]
    let plain = Array((head + extraHeaders).joined(separator: "\n").utf8) + [10, 10] + messageBytes
    if let armour = try armour(over: plain, box) {
      let name = signatureHeader ?? (objects.format == .sha1 ? "gpgsig" : "gpgsig-sha256")
      head.append("\(name) " + armour.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n "))
    }
    let message = tamper?(messageBytes) ?? messageBytes
    return objects.add("commit", Array((head + extraHeaders).joined(separator: "\n").utf8) + [10, 10] + message)
  }

  private func armour(over payload: [UInt8], _ box: Sandbox) throws -> String? {
    switch signature {
    case .none: nil
    case .bytes(let text): text
    case .by(let key, let namespace):
      try box.must(["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", key.path], input: payload)
    case .gpg(let home):
      try box.run(["gpg", "--batch", "-bsa"], input: payload, env: ["GNUPGHOME": home]).line
    }
  }
}
