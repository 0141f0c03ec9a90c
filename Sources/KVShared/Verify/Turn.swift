import Glibc

/// Lets the writers of a namespace take turns when several push at once, so that nobody starves.
///
/// A push that arrives while another is judged waits in line (the kernel's queue on an exclusive lock). Whoever reaches
/// the front with a base that has moved is refused, but the turn stays his for a moment: his next push, known by its
/// `KV-Txn`, goes past the line. A short-lived process keeps the lock until that push has landed or the moment is over.
/// Only fairness rests on this: whatever goes wrong here, a push is judged without a turn, and the refs decide.
final class Turn {
  /// Seconds a push waits in line before it is judged all the same.
  private static let patience: UInt32 = 10
  /// Milliseconds a turn stays with a loser, and with a winner until its refs have moved.
  private static let loserHold = 1500
  private static let winnerHold = 300

  private let repository: String
  private let namespace: Namespace
  private let path: String
  /// The lock at the front of the line; -1 for one who passed it or gave up waiting.
  private let front: Int32

  /// Waits in line.
  /// - Parameter transaction: the id of the pushed tip, by which a turn is known again.
  init(repository: String, namespace: Namespace, transaction: TransactionID) {
    self.repository = repository
    self.namespace = namespace
    path = "\(repository)/\(Journal.directory)/turn-\(namespace)"
    let raw = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if raw < 0 || Self.wait(raw, path, transaction) {
      front = raw
    } else {
      close(raw)
      front = -1
    }
  }

  deinit { if front >= 0 { close(front) } }

  /// Takes the lock, or passes the line where the turn was left to this very transaction.
  private static func wait(_ raw: Int32, _ path: String, _ transaction: TransactionID) -> Bool {
    if flock(raw, LOCK_EX | LOCK_NB) == 0 { return true }
    if (try? IO.read(raw, path, upTo: 26)) == Array(transaction.text.utf8) { return false }
    guard let waiting = try? Descriptor(path: path + ".waiting", flags: O_RDWR | O_CREAT),
      (try? waiting.lock(exclusive: false)) != nil
    else { return false }
    defer { _ = waiting.raw }
    // An alarm that does not restart the call ends the wait.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGALRM, &action, nil)
    alarm(patience)
    defer { alarm(0) }
    return flock(raw, LOCK_EX) == 0
  }

  /// Leaves the turn with a push that lost: the next one of the same transaction passes the line.
  func leave(to transaction: TransactionID) {
    guard front >= 0, pwrite(front, transaction.text, 26, 0) == 26 else { return }
    hold(milliseconds: Self.loserHold)
  }

  /// Keeps the turn of a push that was proved until its refs have moved, if somebody is waiting.
  func linger() {
    guard front >= 0, let waiting = try? Descriptor(path: path + ".waiting", flags: O_RDWR | O_CREAT),
      !waiting.tryLock()
    else { return }
    hold(milliseconds: Self.winnerHold)
  }

  private func hold(milliseconds: Int) {
    guard let folder = WorkerStart.programFolder() else { return }
    // The child has the lock as its standard input: a lock lives as long as any descriptor of the same opening.
    _ = try? ChildProcess(
      ["\(folder)/kv-pre-receive", TurnHolder.flag, "\(repository)/\(KVRef.ledger(namespace))", String(milliseconds)],
      environment: .inherited(), stdin: .descriptor(front), stdout: .null, stderr: .null, detached: true)
  }
}
