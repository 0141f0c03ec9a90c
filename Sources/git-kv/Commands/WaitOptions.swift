import ArgumentParser
import KVShared

/// Whether a command that writes waits for the mirror.
struct WaitOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Wait until the mirror shows it (default: require_mirror_ack_by_default of the policy).")
  var wait: Bool?

  @Option(name: .customLong("wait-timeout"), help: "Wait, and this long at most: 90s, 15m (default: 60s).")
  var timeout: String?

  /// How long to wait.
  enum Patience {
    case none
    /// Seconds.
    case upTo(Int)
    /// Seconds, where the policy asks for it and reads do not go to the Stargate itself.
    case asPolicySays(Int)
  }

  /// Throws `.usage` for a malformed duration, and for waiting where there is nothing to wait for.
  /// - Parameter excluder: an option after which nothing is pushed; nil where none is given.
  func patience(unless excluder: String?) throws(Rejection) -> Patience {
    let seconds = try Self.seconds(timeout)
    if wait == false, timeout != nil { throw .usage("--no-wait and --wait-timeout exclude each other") }
    let isWanted = wait ?? (timeout != nil)
    if let excluder, isWanted {
      throw .usage("\(excluder) and \(wait == nil ? "--wait-timeout" : "--wait") exclude each other")
    }
    if excluder != nil || wait == false { return .none }
    return isWanted ? .upTo(seconds) : .asPolicySays(seconds)
  }

  /// The seconds of a duration, 60 where none is given. Throws `.usage` for a malformed one.
  static func seconds(_ text: String?) throws(Rejection) -> Int {
    guard let text else { return 60 }
    guard let seconds = PolicyUnits.duration(text) else {
      throw .usage("malformed duration \(text.quoted)", hint: "write it as 90s, 15m, 12h or 1d; 0s looks once")
    }
    return seconds
  }
}
