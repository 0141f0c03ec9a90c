import Glibc

/// The workers of a repository take turns: one works, one waits to be next, the rest go home.
///
/// Whoever goes home may do so because the one that waits has not looked at anything yet: it will see what made this one
/// come. Two locks that are never deleted, as in gitolite's `1plus1`.
public enum WorkerTurn {
  /// Waits for the turn, which lasts as long as the descriptor; nil where another one waits already.
  public static func take(in repository: String) throws(Rejection) -> Descriptor? {
    let lock = try open("worker.lock", in: repository)
    if lock.tryLock() { return lock }
    let queue = try open("worker.queue", in: repository)
    // Once the turn has come somebody else may wait.
    defer { _ = queue.raw }
    guard queue.tryLock() else { return nil }
    try lock.lock(exclusive: true)
    return lock
  }

  /// Waits for the turn however many others wait: for commands that a person has given.
  public static func wait(in repository: String) throws(Rejection) -> Descriptor {
    let lock = try open("worker.lock", in: repository)
    try lock.lock(exclusive: true)
    return lock
  }

  private static func open(_ name: String, in repository: String) throws(Rejection) -> Descriptor {
    guard access("\(repository)/objects", F_OK) == 0, access("\(repository)/HEAD", F_OK) == 0 else {
      throw .io("\(repository.quoted) is not a bare repository")
    }
    var info = stat()
    guard geteuid() != 0 || stat(repository, &info) != 0 || info.st_uid == 0 else {
      throw .io(
        "\(repository.quoted) is another user's, who could not go on with what root leaves there",
        hint: "run this as user \(info.st_uid)")
    }
    let folder = "\(repository)/\(Journal.directory)"
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw .io("\(repository.quoted) is not a repository that can be written to")
    }
    return try Descriptor(path: "\(folder)/\(name)", flags: O_RDWR | O_CREAT)
  }
}
