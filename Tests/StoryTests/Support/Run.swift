import Glibc

/// One program to run: its arguments, folder, environment and standard input.
struct Command: Sendable {
  var argv: [String]
  var directory: String
  var environment: [String: String]
  var input: [UInt8] = []
  var limit = 60.0
}

/// What a program left: its status as a shell shows it (128 + signal) and both streams.
struct Outcome: Sendable {
  var status: Int32 = -1
  var out: [UInt8] = []
  var err: [UInt8] = []
  var timedOut = false
  /// The program ended and something it left running still held its output.
  var heldOpen = false

  var ok: Bool { status == 0 && !timedOut }
  var text: String { String(decoding: out, as: UTF8.self) }
  var errors: String { String(decoding: err, as: UTF8.self) }
  var line: String {
    var s = Substring(text)
    while s.last == "\n" { s.removeLast() }
    return String(s)
  }
}

/// A failure of the tests' own machinery.
struct Broken: Error, CustomStringConvertible {
  var description: String
  init(_ text: String) { description = text }
}

/// Runs one program to its end.
func run(_ command: Command) throws -> Outcome { try runTogether([command])[0] }

/// Starts all programs at once and waits for every one, in one poll loop and without threads.
func runTogether(_ commands: [Command]) throws -> [Outcome] {
  var children: [Child] = []
  for command in commands { children.append(try Child(command)) }
  while children.contains(where: { !$0.done }) {
    var fds: [pollfd] = []
    for c in children { fds += c.interest }
    _ = poll(&fds, nfds_t(fds.count), 20)
    for i in children.indices where !children[i].done { children[i].step() }
  }
  return children.map(\.outcome)
}

/// One running program and the pipes to it.
struct Child {
  private(set) var outcome = Outcome()
  private(set) var done = false
  let pid: pid_t
  private var stdin: Int32
  private var stdout: Int32
  private var stderr: Int32
  private var input: ArraySlice<UInt8>
  private let deadline: Double
  private var endedAt: Double?

  init(_ command: Command) throws {
    // Two threads that make pipes and start programs at once would give each other's ends away.
    pthread_mutex_lock(&Self.starting)
    defer { pthread_mutex_unlock(&Self.starting) }
    let inPipe = try Self.pipe()
    let outPipe = try Self.pipe()
    let errPipe = try Self.pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inPipe.0, 0)
    posix_spawn_file_actions_adddup2(&actions, outPipe.1, 1)
    posix_spawn_file_actions_adddup2(&actions, errPipe.1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var standard = sigset_t()
    sigemptyset(&standard)
    sigaddset(&standard, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &standard)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    // env(1) changes folder, searches the program's own PATH, and becomes the program.
    var argv = (["/usr/bin/env", "-C", command.directory] + command.argv).map { strdup($0) } + [nil]
    var envp = command.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for p in argv + envp { free(p) } }
    var child: pid_t = 0
    let failed = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, &argv, &envp)
    for fd in [inPipe.0, outPipe.1, errPipe.1] { close(fd) }
    guard failed == 0 else { throw Broken("cannot start \(command.argv[0]): \(String(cString: strerror(failed)))") }
    pid = child
    (stdin, stdout, stderr) = (inPipe.1, outPipe.0, errPipe.0)
    for fd in [stdin, stdout, stderr] { _ = fcntl(fd, F_SETFL, O_NONBLOCK) }
    input = command.input[...]
    deadline = now() + command.limit
  }

  var interest: [pollfd] {
    guard !done else { return [] }
    var all: [pollfd] = []
    if stdin >= 0 { all.append(pollfd(fd: stdin, events: Int16(POLLOUT), revents: 0)) }
    if stdout >= 0 { all.append(pollfd(fd: stdout, events: Int16(POLLIN), revents: 0)) }
    if stderr >= 0 { all.append(pollfd(fd: stderr, events: Int16(POLLIN), revents: 0)) }
    return all
  }

  /// Moves what can be moved now, and notices the end.
  mutating func step() {
    feed()
    Self.drain(&stdout, &outcome.out)
    Self.drain(&stderr, &outcome.err)
    if endedAt == nil {
      var status: Int32 = 0
      let closed = stdout < 0 && stderr < 0
      if waitpid(pid, &status, closed && now() < deadline - 1 ? 0 : WNOHANG) == pid {
        outcome.status = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        endedAt = now()
      } else if now() > deadline {
        outcome.timedOut = true
        kill(-pid, SIGKILL)
      }
    }
    guard let endedAt else { return }
    let open = stdout >= 0 || stderr >= 0
    // What a finished program wrote is in the pipe by now; a pipe that stays open has another holder.
    if open && now() < endedAt + 3 { return }
    outcome.heldOpen = open
    for fd in [stdin, stdout, stderr] where fd >= 0 { close(fd) }
    done = true
  }

  /// A program that ends without reading its input must not end the tests.
  private static let pipesAreQuiet: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  private mutating func feed() {
    _ = Self.pipesAreQuiet
    guard stdin >= 0 else { return }
    while !input.isEmpty {
      let n = input.withUnsafeBytes { write(stdin, $0.baseAddress, min($0.count, 65536)) }
      if n > 0 { input = input.dropFirst(n) } else if n < 0 && errno == EAGAIN { return } else { break }
    }
    close(stdin)
    stdin = -1
  }

  private static func drain(_ fd: inout Int32, _ into: inout [UInt8]) {
    guard fd >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let n = read(fd, &buffer, buffer.count)
      if n > 0 { into += buffer[..<n] } else if n < 0 && errno == EAGAIN { return } else { break }
    }
    close(fd)
    fd = -1
  }

  nonisolated(unsafe) private static var starting = pthread_mutex_t()

  private static func pipe() throws -> (Int32, Int32) {
    var fds: [Int32] = [-1, -1]
    guard Glibc.pipe(&fds) == 0 else { throw Broken("pipe: \(String(cString: strerror(errno)))") }
    for fd in fds { _ = fcntl(fd, F_SETFD, FD_CLOEXEC) }
    return (fds[0], fds[1])
  }
}

/// Seconds of a clock that only goes forward.
func now() -> Double {
  var t = timespec()
  clock_gettime(CLOCK_MONOTONIC, &t)
  return Double(t.tv_sec) + Double(t.tv_nsec) / 1e9
}
