import Glibc

/// Keeps pushes that are being relayed and the copying of the mirror's branches out of each other's way.
///
/// `.stargate/branches.lock`, which is never deleted: relays hold it together, from before the mirror is asked until
/// git has moved the refs here; a copy holds it alone for the moment in which it moves refs.
struct BranchLock: ~Copyable {
  private let file: Descriptor
  private static let name = "branches.lock"
  /// Milliseconds a copy waits for relays to end.
  private static let patience = 5000

  private init(_ repository: String) throws(Rejection) {
    let folder = "\(repository)/\(Journal.directory)"
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .errno("make", folder) }
    file = try Descriptor(path: "\(folder)/\(Self.name)", flags: O_RDWR | O_CREAT)
  }

  /// Held together with others.
  static func shared(in repository: String) throws(Rejection) -> BranchLock {
    let lock = try BranchLock(repository)
    try lock.file.lock(exclusive: false)
    return lock
  }

  /// Held alone; nil where pushes are being relayed all the time.
  static func alone(in repository: String) throws(Rejection) -> BranchLock? {
    let lock = try BranchLock(repository)
    for _ in 0..<(patience / 10) {
      if lock.file.tryLock() { return lock }
      usleep(10_000)
    }
    return nil
  }

  /// Leaves the lock to a process that keeps it until git is done with the push, and then notes what the mirror has.
  func keep(for relayed: [RelayUpdate]) {
    // The child has the lock as its standard output: a lock lives as long as any descriptor of the same opening.
    guard let folder = WorkerStart.programFolder(),
      let child = try? ChildProcess(
        ["\(folder)/kv-pre-receive", RelayHolder.flag, String(getppid())], environment: .inherited(), stdin: .pipe,
        stdout: .descriptor(file.raw), stderr: .null, detached: true)
    else { return }
    // The mirror has agreed: a child that dies early must not end this process.
    signal(SIGPIPE, SIG_IGN)
    try? IO.write(relayed.map { "\($0.new?.hex ?? "-") \($0.name)\n" }.joined(), to: child.stdin, "pipe")
    close(child.stdin)
  }
}

/// The process that outlives `pre-receive`: it holds the lock on its standard output while the push goes on.
public enum RelayHolder {
  static let flag = "--after-push"
  /// Milliseconds git may take to move the refs once `pre-receive` has agreed.
  private static let patience = 60_000

  /// Runs if the command line asks for it, `--after-push <pid of receive-pack>`; returns false otherwise.
  public static func runIfAsked(_ arguments: [String]) -> Bool {
    guard arguments.count == 3, arguments[1] == flag, let push = pid_t(arguments[2]), push > 1 else { return false }
    let lines = (try? IO.readAll(0, "standard input")) ?? []
    for _ in 0..<(patience / 5) {
      guard kill(push, 0) == 0 || errno == EPERM else { break }
      usleep(5000)
    }
    var relayed: [String: ObjectID?] = [:]
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
      guard parts.count == 2 else { continue }
      relayed.updateValue(ObjectID(hex: parts[0]), forKey: String(decoding: parts[1], as: UTF8.self))
    }
    // What is not noted now is by the next copy.
    try? BranchMemory(.worker(repository: HookMain.repository())).note(relayed)
    return true
  }
}
