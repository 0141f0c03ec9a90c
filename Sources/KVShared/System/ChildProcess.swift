public import Glibc

/// Variables a child gets, made from this process's own.
public struct Environment: Sendable {
  public private(set) var values: [String: String]

  /// This process's own variables.
  public static func inherited() -> Environment {
    var values: [String: String] = [:]
    var at = environ
    while let entry = at.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        values[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      at += 1
    }
    return Environment(values: values)
  }

  public subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  var block: [String] { values.map { "\($0.key)=\($0.value)" } }
}

// POSIX_SPAWN_SETSID of glibc, which its header hides behind _GNU_SOURCE.
private let newSession: Int16 = 0x80

/// Where a standard stream of a child goes.
public enum ChildStream: Sendable {
  case inherit, null, pipe
  case descriptor(Int32)
}

/// A running child with pipes to the streams that asked for one; ended streams close themselves.
public struct ChildProcess: ~Copyable {
  public let pid: pid_t
  public let stdin: Int32
  public let stdout: Int32
  public let stderr: Int32

  /// Starts a program, found on `PATH`. Descriptors other than the three standard ones stay behind.
  /// - Parameter detached: in a session of its own, so that it outlives a hang-up of ours.
  public init(
    _ arguments: [String], environment: Environment, stdin: ChildStream = .null, stdout: ChildStream = .inherit,
    stderr: ChildStream = .inherit, detached: Bool = false
  ) throws(Rejection) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    if detached { posix_spawnattr_setflags(&attributes, newSession) }

    var ours: [Int32] = [-1, -1, -1]
    var theirs: [Int32] = []
    defer { for fd in theirs { close(fd) } }
    for (number, stream) in [stdin, stdout, stderr].enumerated() {
      switch stream {
      case .inherit: break
      case .null:
        posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
      case .descriptor(let fd):
        posix_spawn_file_actions_adddup2(&actions, fd, Int32(number))
      case .pipe:
        let ends = try Descriptor.pipe()
        let child = number == 0 ? ends.read : ends.write
        ours[number] = number == 0 ? ends.write : ends.read
        theirs.append(child)
        posix_spawn_file_actions_adddup2(&actions, child, Int32(number))
      }
    }
    var pid: pid_t = 0
    let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let envp: [UnsafeMutablePointer<CChar>?] = environment.block.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    let status = posix_spawn(&pid, Self.locate(arguments[0], environment), &actions, &attributes, argv, envp)
    guard status == 0 else {
      for fd in ours where fd >= 0 { close(fd) }
      throw .io("cannot run \(arguments[0].quoted): \(String(cString: strerror(status)))")
    }
    self.pid = pid
    self.stdin = ours[0]
    self.stdout = ours[1]
    self.stderr = ours[2]
  }

  /// The file of a program, as the child's `PATH` has it.
  private static func locate(_ program: String, _ environment: Environment) -> String {
    guard !program.contains("/") else { return program }
    for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":", omittingEmptySubsequences: false) {
      let path = "\(folder.isEmpty ? "." : folder)/\(program)"
      if access(path, X_OK) == 0 { return path }
    }
    return program
  }

  /// Closes our ends of the pipes and waits.
  /// - Returns: the exit status, 128 + the signal where one ended it.
  /// - Parameter inputIsClosed: the input pipe was closed before, and its number may be another file's by now.
  public consuming func wait(inputIsClosed: Bool = false) -> Int32 {
    for fd in [inputIsClosed ? -1 : stdin, stdout, stderr] where fd >= 0 { close(fd) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return 127 }
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
  }
}

/// What a child said and how it ended.
public struct ChildResult: Sendable {
  public let status: Int32
  public let output: [UInt8]
  public let errors: [UInt8]

  /// The output as text without its final newlines.
  public var text: String {
    var bytes = output[...]
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension ChildProcess {
  /// Runs a program to its end: feeds its input and collects its output, both at once.
  /// - Parameters:
  ///   - limit: seconds after which it is ended, as if by itself; whatever it started may go on.
  ///   - onErrors: sees standard error as it arrives.
  public static func run(
    _ arguments: [String], environment: Environment, input: [UInt8] = [], inputFile: Int32? = nil,
    limit: Double? = nil, onErrors: (ArraySlice<UInt8>) -> Void = { _ in }
  ) throws(Rejection) -> ChildResult {
    let source: ChildStream = inputFile.map(ChildStream.descriptor) ?? (input.isEmpty ? .null : .pipe)
    let child = try ChildProcess(
      arguments, environment: environment, stdin: source, stdout: .pipe, stderr: .pipe)
    var collected: [[UInt8]] = [[], []]
    var open: [Int32] = [child.stdout, child.stderr]
    var feed = child.stdin
    var fed = 0
    if feed >= 0 { _ = fcntl(feed, F_SETFL, O_NONBLOCK) }
    let timer = TimeLimit(limit)
    var buffer = [UInt8](repeating: 0, count: 65536)
    while open.contains(where: { $0 >= 0 }) || feed >= 0 {
      var waits = [
        pollfd(fd: open[0], events: Int16(POLLIN), revents: 0), pollfd(fd: open[1], events: Int16(POLLIN), revents: 0),
        pollfd(fd: feed, events: Int16(POLLOUT), revents: 0),
      ]
      guard poll(&waits, 3, timer.milliseconds) >= 0 || errno == EINTR else { break }
      if timer.isUp {
        timer.end(child.pid)
        _ = child.wait(inputIsClosed: feed < 0)
        return ChildResult(status: 128 + SIGTERM, output: collected[0], errors: collected[1] + timer.words)
      }
      for at in 0..<2 where waits[at].revents != 0 {
        let got = read(open[at], &buffer, buffer.count)
        if got > 0 {
          collected[at].append(contentsOf: buffer[..<got])
          if at == 1 { onErrors(buffer[..<got]) }
        } else if got == 0 || errno != EINTR {
          open[at] = -1
        }
      }
      if feed >= 0, waits[2].revents != 0 {
        let n = input.withUnsafeBytes { write(feed, $0.baseAddress! + fed, min($0.count - fed, 65536)) }
        if n > 0 { fed += n }
        // A child that stops reading early is judged by its status, not by our unsent rest.
        if fed == input.count || (n < 0 && errno != EINTR && errno != EAGAIN) {
          close(feed)
          feed = -1
        }
      }
    }
    return ChildResult(status: child.wait(inputIsClosed: true), output: collected[0], errors: collected[1])
  }
}
