/// Whether one commit comes before another.
public struct Ancestry {
  let git: Git
  let reader: ObjectReader

  /// Steps that are walked in process before git is asked.
  private static let unaskedSteps = 32

  public init(git: Git, reader: ObjectReader) {
    self.git = git
    self.reader = reader
  }

  /// Whether `old` is `new` or stands in its history; false where `old` is not here.
  ///
  /// Mostly a few steps: the object reader is up already, another process is not.
  public func isAncestor(_ old: ObjectID, of new: ObjectID) throws(Rejection) -> Bool {
    if old == new { return true }
    var at = try reader.commit(new)
    for _ in 0..<Self.unaskedSteps {
      guard let parent = at.parents.first else { return false }
      if parent == old { return true }
      at = try reader.commit(parent)
    }
    return try git.run(["merge-base", "--is-ancestor", old.hex, new.hex]).status == 0
  }
}
