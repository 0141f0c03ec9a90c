import KVShared

/// The verdict that a hook printed on the other side, between git's own lines.
struct RemoteVerdict {
  let rejection: Rejection?

  init(errors: [UInt8]) {
    var error: (code: ExitCode, message: String)?
    var hint = ""
    for line in String(decoding: errors, as: UTF8.self).split(whereSeparator: { $0 == "\n" || $0 == "\r" }) {
      // A hook that stops a push late, on the same machine, is heard without git's prefix.
      let text = String(line.hasPrefix("remote: ") ? line.dropFirst("remote: ".count) : line).trimmingSpaces
      if error == nil, text.hasPrefix("kv: error: "), text.hasSuffix("]"), let open = text.lastIndex(of: "["),
        let number = Int32(text[text.index(after: open)...].dropLast()), let code = ExitCode(rawValue: number)
      {
        let message = text[..<open].dropFirst("kv: error: ".count)
        error = (code, String(message).trimmingSpaces)
      } else if hint.isEmpty, text.hasPrefix("kv: hint: ") {
        hint = String(text.dropFirst("kv: hint: ".count))
      }
    }
    rejection = error.map { .remote($0.code, $0.message, hint: hint) }
  }
}
