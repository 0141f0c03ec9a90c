/// Lets one git command take the first commits of an epoch for children of the last ones before it.
///
/// A push leaves out what the other side has of the commits that lead to what it sends. To first commits none leads, so
/// git would send all values again, and fail for want of the chunks that a clone never had.
public final class Grafts {
  private let file: TemporaryFile

  /// - Parameter sealed: the last commits, by the first ones; both are here.
  public init(_ sealed: [ObjectID: ObjectID]) throws(Rejection) {
    file = try TemporaryFile(Array(sealed.map { "\($0.key) \($0.value)\n" }.joined().utf8))
  }

  /// Git passes it on to nobody who works in another repository.
  public func apply(to git: inout Git) {
    git.environment["GIT_GRAFT_FILE"] = file.path
    git.options += ["-c", "advice.graftFileDeprecated=false"]
  }
}
