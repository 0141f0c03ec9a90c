import Glibc

/// The few file operations the tests need, on plain paths.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw Broken("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(fd) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let n = Glibc.read(fd, &buffer, buffer.count)
      guard n > 0 else { break }
      all += buffer[..<n]
    }
    return all
  }

  static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

  static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard fd >= 0 else { throw Broken("cannot write \(path): \(String(cString: strerror(errno)))") }
    defer { close(fd) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let n = rest.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
      guard n > 0 else { throw Broken("cannot write \(path)") }
      rest = rest.dropFirst(n)
    }
    fchmod(fd, mode)
  }

  static func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
    try write(path, Array(text.utf8), mode: mode)
  }

  static func exists(_ path: String) -> Bool {
    var s = stat()
    return lstat(path, &s) == 0
  }

  static func makeFolder(_ path: String, mode: mode_t = 0o755) throws {
    guard mkdir(path, mode) == 0 || errno == EEXIST else {
      throw Broken("cannot make \(path): \(String(cString: strerror(errno)))")
    }
  }

  static func link(_ path: String, to target: String) throws {
    unlink(path)
    guard symlink(target, path) == 0 else { throw Broken("cannot link \(path)") }
  }

  /// Every file and folder below `root`, relative to it, in order; folders end in a slash.
  static func tree(_ root: String) -> [String] {
    var found: [String] = []
    func walk(_ relative: String) {
      guard let dir = opendir(relative.isEmpty ? root : "\(root)/\(relative)") else { return }
      defer { closedir(dir) }
      while let entry = readdir(dir) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        if entry.pointee.d_type == UInt8(DT_DIR) {
          found.append(path + "/")
          walk(path)
        } else {
          found.append(path)
        }
      }
    }
    walk("")
    return found.sorted()
  }

  static func remove(_ root: String) {
    for path in tree(root).reversed() {
      let full = "\(root)/\(path)"
      if path.hasSuffix("/") { rmdir(full) } else { unlink(full) }
    }
    if rmdir(root) != 0 { unlink(root) }
  }
}
