public import Glibc

/// An open file descriptor that closes itself.
public struct Descriptor: ~Copyable {
  public let raw: Int32

  public init(adopting raw: Int32) { self.raw = raw }

  /// Opens a file, close-on-exec. Throws `.io` that names the path and the reason.
  public init(path: String, flags: Int32, mode: mode_t = 0o666) throws(Rejection) {
    raw = Glibc.open(path, flags | O_CLOEXEC, mode)
    guard raw >= 0 else { throw .errno("open", path) }
  }

  deinit { if raw >= 0 { Glibc.close(raw) } }

  /// Makes a close-on-exec pipe.
  static func pipe() throws(Rejection) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw .errno("make", "pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Takes an advisory lock on the open file, waiting for it; it is held until the descriptor closes.
  public func lock(exclusive: Bool) throws(Rejection) {
    while flock(raw, exclusive ? LOCK_EX : LOCK_SH) != 0 {
      guard errno == EINTR else { throw .errno("lock", "file") }
    }
  }

  /// Takes an exclusive lock without waiting; returns false where another holds it.
  public func tryLock() -> Bool { flock(raw, LOCK_EX | LOCK_NB) == 0 }

  /// Makes written bytes durable.
  public func sync() throws(Rejection) {
    guard fsync(raw) == 0 else { throw .errno("sync", "file") }
  }
}

extension Rejection {
  /// An I/O failure in the words of the system.
  static func errno(_ verb: String, _ subject: String) -> Rejection {
    .io("cannot \(verb) \(subject.quoted): \(String(cString: strerror(Glibc.errno)))")
  }
}
