import Glibc

/// A piece of work on a second thread, beside the caller's.
///
/// One thread for each piece: pieces take milliseconds, a thread microseconds.
public struct Companion: ~Copyable {
  private final class Job: @unchecked Sendable {
    let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
  }

  private let thread: pthread_t?

  /// Starts the work. What it shares with the caller, the caller leaves alone until `wait` returns.
  public init(_ work: @escaping () -> Void) {
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(work))
    let status = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Job>.fromOpaque(context!).takeRetainedValue().work()
        return nil
      }, job.toOpaque())
    if status != 0 {
      // Without a thread to spare, the work is done here and now.
      job.takeRetainedValue().work()
    }
    self.thread = status == 0 ? thread : nil
  }

  /// Waits for the end of the work.
  public consuming func wait() {
    if let thread { pthread_join(thread, nil) }
  }
}

extension Companion {
  private final class Outcome<Value>: @unchecked Sendable {
    var result: Result<Value, Rejection>?
  }

  /// Does two pieces of work at once and returns what both give. Throws what the first throws, else the second.
  public static func both<First, Second>(
    _ first: () throws(Rejection) -> First, _ second: @escaping () throws(Rejection) -> Second
  ) throws(Rejection) -> (First, Second) {
    let outcome = Outcome<Second>()
    let companion = Companion { outcome.result = Result(catching: second) }
    let mine = Result(catching: first)
    companion.wait()
    guard let other = outcome.result else { preconditionFailure("a thread ended without an outcome") }
    return (try mine.get(), try other.get())
  }
}
