import Glibc
import KVShared

/// What ends a watch: an interrupt or a termination, or a standard output that nobody reads any more.
enum WatchStop {
  /// A signal puts a byte into this pipe, where it stays: no wait misses it.
  nonisolated(unsafe) private static var bell: (out: Int32, into: Int32) = (-1, -1)

  /// A closed pipe is told by the write. Not SIG_IGN, which commands that are started from here would begin with.
  static func surviveClosedPipes() { handle(SIGPIPE) { _ in } }

  /// From now on SIGINT and SIGTERM end the watch, and not the program.
  static func listen() throws(Rejection) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .io("cannot make a pipe: \(String(cString: strerror(errno)))") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    bell = (ends[0], ends[1])
    for signal in [SIGINT, SIGTERM] {
      handle(signal) { _ in
        let before = errno
        var byte: UInt8 = 0
        _ = Glibc.write(WatchStop.bell.into, &byte, 1)
        errno = before
      }
    }
  }

  private static func handle(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = SA_RESTART
    sigaction(signal, &action, nil)
  }

  /// Whether a signal has come.
  static var isAsked: Bool { !pass(0, withReader: false) }

  /// Lets time pass; returns false where the watch is to end.
  /// - Parameter withReader: whether it ends with whoever reads standard output.
  static func pass(_ seconds: Double, withReader: Bool) -> Bool {
    var files = [
      pollfd(fd: bell.out, events: Int16(POLLIN), revents: 0), pollfd(fd: withReader ? 1 : -1, events: 0, revents: 0),
    ]
    while true {
      let count = poll(&files, 2, Int32(seconds * 1000))
      if count >= 0 { return count == 0 }
    }
  }

  /// Bytes that a pipe with room takes without keeping the writer waiting.
  private static let pipeRoom = 4096

  /// Writes to standard output; returns false where nobody reads it, or a signal comes while nobody does.
  static func write(_ bytes: [UInt8]) throws(Rejection) -> Bool {
    var done = 0
    while done < bytes.count {
      var files = [
        pollfd(fd: 1, events: Int16(POLLOUT), revents: 0), pollfd(fd: bell.out, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&files, 2, -1) > 0 else { continue }
      if files[0].revents == 0 { return false }
      let n = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + done, min($0.count - done, pipeRoom)) }
      if n >= 0 {
        done += n
      } else if errno == EPIPE {
        return false
      } else if errno != EINTR, errno != EAGAIN {
        throw .io("cannot write 'standard output': \(String(cString: strerror(errno)))")
      }
    }
    return true
  }
}
