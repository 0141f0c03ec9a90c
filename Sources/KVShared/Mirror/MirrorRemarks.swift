/// Passes what the mirror's hooks say on to the developer, each line marked as the mirror's, as it comes.
struct MirrorRemarks {
  private var rest: [UInt8] = []
  /// Lines passed on.
  private(set) var count = 0

  private static let mark = Array("remote: ".utf8)
  private static let maxLines = 400
  private static let maxBytes = 4096

  /// Takes standard error of `git push`, in pieces of any length.
  mutating func hear(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      if byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r"), rest.count < Self.maxBytes {
        rest.append(byte)
      } else {
        end()
        if byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { rest = Self.mark + [byte] }
      }
    }
  }

  /// Passes on a last line without an end.
  mutating func end() {
    defer { rest = [] }
    if rest.starts(with: Self.mark) { pass(rest.dropFirst(Self.mark.count)) }
  }

  /// Passes on what a host said that let nobody in, up to git's own words.
  mutating func hear(refusing errors: [UInt8]) {
    for line in errors.split(separator: UInt8(ascii: "\n")) {
      let isGit = ["fatal: ", "error: ", "hint: ", "warning: ", "ssh: "].contains { line.starts(with: $0.utf8) }
      if isGit { return }
      if !line.starts(with: Self.mark) { pass(line) }
    }
  }

  private mutating func pass(_ line: ArraySlice<UInt8>) {
    var line = line
    // git pads what it passes on, for terminals.
    while line.last == UInt8(ascii: " ") { line.removeLast() }
    count += 1
    guard count <= Self.maxLines else { return }
    let text = String(decoding: line, as: UTF8.self).printable
    try? IO.write("mirror: \(count == Self.maxLines ? "…" : text)\n", to: 2, "standard error")
  }
}
