import KVShared

/// The bytes behind an argument.
///
/// Swift repairs arguments that are not UTF-8. A key must not be repaired into another one, nor a value changed.
enum ArgumentBytes {
  /// The bytes as they were given; `option` names the option of an argument of the form `--option=text`.
  static func of(_ text: String, option: String? = nil) -> [UInt8] {
    guard text.unicodeScalars.contains("\u{fffd}") else { return Array(text.utf8) }
    for at in 0..<Int(CommandLine.argc) {
      guard let argument = CommandLine.unsafeArgv[at] else { continue }
      var bytes: [UInt8] = []
      var next = argument
      while next.pointee != 0 {
        bytes.append(UInt8(bitPattern: next.pointee))
        next += 1
      }
      if let option, bytes.starts(with: "--\(option)=".utf8) { bytes.removeFirst(option.utf8.count + 3) }
      if String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(text.utf8) { return bytes }
    }
    return Array(text.utf8)
  }
}

extension Key {
  /// A key given on the command line.
  init(argument text: String) throws(Rejection) { try self.init(bytes: ArgumentBytes.of(text)) }
}
