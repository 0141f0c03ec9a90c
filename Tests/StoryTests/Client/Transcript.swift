/// Commands with all they print, in a form that does not depend on ids, times and places.
struct Transcript {
  let clone: Clone
  private(set) var text = ""

  init(_ clone: Clone) { self.clone = clone }

  /// Runs a line of shell, and adds it with its output (`! ` before what went to stderr) and its status.
  mutating func run(_ line: String) throws {
    let outcome = try clone.repo.box.run(["sh", "-c", line], in: clone.directory ?? clone.repo.path, env: clone.env)
    text += "$ \(line)\n" + normal(outcome.text)
    if !outcome.text.isEmpty && !outcome.text.hasSuffix("\n") { text += "\n" }
    for said in normal(outcome.errors).split(separator: "\n") { text += "! \(said)\n" }
    if outcome.status != 0 { text += "= \(outcome.status)\n" }
    if outcome.heldOpen { text += "= something still holds the output\n" }
  }

  /// Ids, transactions, instants and the sandbox's own places as fixed words.
  private func normal(_ text: String) -> String {
    var text = text.replacing(clone.repo.box.root, with: "BOX")
    text = text.replacing(#/ssh:\/\/127\.0\.0\.1:\d+/#, with: "")
    text = text.replacing(#/\b(blake3:)?[0-9a-f]{64}\b/#) { $0.output.1 == nil ? "ID" : "blake3:HASH" }
    text = text.replacing(#/\b([0-9a-f]{40}|[0-9a-f]{12})\b/#, with: "ID")
    text = text.replacing(#/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/#, with: "TXN")
    return text.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#, with: "TIME")
  }
}
