import Glibc

/// Reading and writing whole byte strings.
public enum IO {
  /// Writes everything, across short writes and interruptions.
  public static func write(_ bytes: some ContiguousCollection, to fd: Int32, _ name: String) throws(Rejection) {
    var failure: Rejection?
    bytes.withContiguousBytes { buffer in
      var done = 0
      while done < buffer.count {
        let n = Glibc.write(fd, buffer.baseAddress! + done, buffer.count - done)
        if n < 0 {
          if Glibc.errno == EINTR { continue }
          failure = .errno("write", name)
          return
        }
        done += n
      }
    }
    if let failure { throw failure }
  }

  /// Reads to the end of the file.
  /// - Parameter limit: bytes; one more is `.io`.
  public static func readAll(_ fd: Int32, _ name: String, limit: Int = .max) throws(Rejection) -> [UInt8] {
    var info = stat()
    var out: [UInt8] = []
    if fstat(fd, &info) == 0, info.st_size > 0 { out.reserveCapacity(Int(info.st_size) + 1) }
    let chunk = 65536
    while true {
      let start = out.count
      var got = 0
      out.append(contentsOf: repeatElement(0, count: chunk))
      out.withUnsafeMutableBytes { got = Glibc.read(fd, $0.baseAddress! + start, chunk) }
      out.removeLast(chunk - max(0, got))
      if got == 0 { return out }
      if got < 0 {
        if Glibc.errno == EINTR { continue }
        throw .errno("read", name)
      }
      guard out.count <= limit else { throw .io("\(name.quoted) is larger than \(limit) bytes") }
    }
  }

  /// The names in a folder; none where it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Reads at most so many bytes, fewer at the end of the file.
  public static func read(_ fd: Int32, _ name: String, upTo count: Int) throws(Rejection) -> [UInt8] {
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while out.count < count {
      let got = Glibc.read(fd, &chunk, min(chunk.count, count - out.count))
      if got == 0 { break }
      if got < 0 {
        if Glibc.errno == EINTR { continue }
        throw .errno("read", name)
      }
      out.append(contentsOf: chunk[..<got])
    }
    return out
  }

  /// Reads a file; returns nil where there is none.
  public static func readFile(_ path: String, limit: Int = .max) throws(Rejection) -> [UInt8]? {
    let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else {
      if Glibc.errno == ENOENT || Glibc.errno == ENOTDIR { return nil }
      throw .errno("open", path)
    }
    let file = Descriptor(adopting: fd)
    return try readAll(file.raw, path, limit: limit)
  }

  /// Replaces a file whole: written without a name, synced, named, and the directory synced.
  public static func replaceFile(_ path: String, _ bytes: [UInt8]) throws(Rejection) {
    let slash = path.lastIndex(of: "/")
    let file = try UnlinkedFile(in: slash.map { String(path[...$0]) } ?? ".", mode: 0o666)
    try write(bytes, to: file.raw, path)
    try file.sync()
    try file.replace(path)
  }

  /// The kind of thing a path names, symbolic links followed.
  public static func isRegularFile(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
  }
}

/// Byte containers that can lend their storage.
public protocol ContiguousCollection {
  func withContiguousBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

extension [UInt8]: ContiguousCollection {
  public func withContiguousBytes(_ body: (UnsafeRawBufferPointer) -> Void) { withUnsafeBytes(body) }
}

extension UnsafeRawBufferPointer: ContiguousCollection {
  public func withContiguousBytes(_ body: (UnsafeRawBufferPointer) -> Void) { body(self) }
}

extension String: ContiguousCollection {
  public func withContiguousBytes(_ body: (UnsafeRawBufferPointer) -> Void) { Array(utf8).withUnsafeBytes(body) }
}
