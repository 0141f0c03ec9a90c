import Glibc

/// What the worker found when it last turned to the mirror, and when it may do so again: one line of the journal.
///
/// The last such line is the worker's whole memory between runs, besides the refs. Without it nothing is lost but its
/// patience: it asks the mirror at once.
public struct MirrorState: Codable, Equatable, Sendable {
  public let v: Int
  public let kind: String
  /// When this was written, RFC 3339 UTC.
  public var ts: String
  /// The mirror that all this is about, without a password.
  public var url: String?
  /// Whether the host takes atomic pushes, as far as it is known.
  public var atomic: Bool?
  /// Milliseconds since 1970: when the mirror last answered.
  public var contact: Int?
  /// Milliseconds since 1970: when it last took a push.
  public var pushed: Int?
  /// Milliseconds since 1970: when its branches were last copied.
  public var branches: Int?
  /// Milliseconds from the acceptance of the oldest transaction of that push until it was on the mirror.
  public var lag: Int?
  /// Attempts that failed in a row.
  public var failures: Int
  public var fault: MirrorFault.Kind?
  /// The fault in words.
  public var error: String?
  /// Milliseconds since 1970: when the first of those attempts failed.
  public var since: Int?
  /// Where mirror and Stargate have parted, in words, a ref each.
  public var drift: [String]?
  /// The namespaces that nothing is pushed of because of that.
  public var held: [String]?
  /// Milliseconds since 1970: the next attempt comes no sooner.
  public var next: Int?
  /// Milliseconds since 1970: the rate limiter's theoretical arrival time.
  public var arrival: Int?

  /// Nothing is known.
  public init() {
    v = 1
    kind = "mirror"
    ts = Timestamp.now().description
    failures = 0
  }

  /// Returns nil for a line that is not canonical or whose checksum is wrong.
  init?(line: [UInt8]) {
    guard let state = Sealed<MirrorState>.read(line), state.v == 1, state.kind == "mirror" else { return nil }
    let numbers = [state.failures, state.contact, state.pushed, state.lag, state.since, state.next, state.arrival]
    guard numbers.allSatisfy({ (0...Self.largestNumber).contains($0 ?? 0) }) else { return nil }
    self = state
  }

  /// The line with its newline.
  var line: [UInt8] { Sealed(self).line }

  /// No instant or count of ours is larger, and sums of them are still numbers.
  private static let largestNumber = 1 << 50

  /// Milliseconds between the first failure and the second attempt; the span doubles up to the longest.
  static let firstPause = 1000
  static let longestPause = 300_000

  /// Notes that the mirror answered.
  mutating func noteContact(at now: Int) {
    ts = Timestamp(seconds: Int64(now / 1000)).description
    contact = now
    failures = 0
    (fault, error, since, next, drift, held) = (nil, nil, nil, nil, nil, nil)
  }

  /// Notes what a look at the mirror has shown.
  /// - Parameter isBehind: whether something has to be pushed still. An answer is no sign that it is taken now if it was
  ///   refused before.
  mutating func note(_ look: MirrorLook, isBehind: Bool, at now: Int) {
    if let fault = MirrorLook.fault(look.drift) {
      return note(fault, drift: look.drift.prefix(20).map(\.words), held: look.held.map(\.name).sorted(), at: now)
    }
    guard fault == .refused, isBehind else { return noteContact(at: now) }
    ts = Timestamp(seconds: Int64(now / 1000)).description
    (contact, next) = (now, nil)
  }

  /// Whether the mirror has to be looked at before anything is pushed.
  var hasParted: Bool { fault == .drift || fault == .deposed }

  /// Goes on saying where mirror and Stargate have parted, after a push of what has not.
  mutating func keepDrift(of state: MirrorState) {
    (fault, error, since, next) = (state.fault, state.error, state.since, state.next)
    (drift, held, failures) = (state.drift, state.held, state.failures)
  }

  /// Takes back instants that no clock which was right can have given, and what was spent under another rate.
  mutating func bound(at now: Int, _ rate: PushRate) {
    contact = contact.map { min($0, now) }
    next = next.map { min($0, now + Self.longestPause) }
    arrival = arrival.map { min($0, now + rate.tolerance + rate.interval) }
  }

  /// Notes an attempt that failed: exponential back-off, with half of each span random so that many stores spread out.
  mutating func note(_ reason: MirrorFault, drift lines: [String] = [], held names: [String] = [], at now: Int) {
    ts = Timestamp(seconds: Int64(now / 1000)).description
    failures += 1
    since = since ?? now
    fault = reason.kind
    error = reason.message
    drift = lines.isEmpty ? nil : lines
    held = lines.isEmpty || names.isEmpty ? nil : names
    if hasParted { contact = now }
    let span = min(Self.firstPause << min(failures - 1, 20), Self.longestPause)
    next = now + span / 2 + Int.random(in: 0...(span / 2))
  }
}

/// A token bucket in one number: the generic cell rate algorithm (ITU-T I.371), counted in milliseconds.
struct PushRate {
  /// Milliseconds a push costs.
  let interval: Int
  /// How far ahead of the steady rate pushes may run.
  let tolerance: Int

  /// - Parameter perMinute: pushes; as many as 6 of them at once.
  init(perMinute: Int) {
    interval = max(1, 60_000 / perMinute)
    tolerance = interval * (min(6, perMinute) - 1)
  }

  /// When the next push may go, after one that was due at `arrival`.
  func earliest(after arrival: Int?) -> Int { (arrival ?? 0) - tolerance }

  /// The theoretical arrival time once a push has gone.
  func arrival(after last: Int?, pushedAt now: Int) -> Int { max(last ?? 0, now) + interval }
}

/// Milliseconds since 1970, by the system's clock.
public enum Clock {
  public static func milliseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}
