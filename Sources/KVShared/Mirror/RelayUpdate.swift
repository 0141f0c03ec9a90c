/// One branch or tag that goes on to the mirror.
struct RelayUpdate {
  enum Kind {
    /// It is new here, or moves forward from what is here; what the mirror has decides there.
    case forward
    /// It would lose commits, or is a tag that names something else now.
    case rewrite
    case deletion
  }

  let name: String
  let new: ObjectID?
  private let old: ObjectID?
  let kind: Kind

  init(_ update: RefUpdate, _ git: Git) throws(Rejection) {
    name = update.ref.description
    new = update.new.id
    old = update.old.id
    kind = try Self.kind(name, old, new, git)
  }

  private static func kind(
    _ name: String, _ old: ObjectID?, _ new: ObjectID?, _ git: Git
  ) throws(Rejection) -> Kind {
    guard let new else { return .deletion }
    guard let old else { return .forward }
    guard !name.utf8.starts(with: "refs/tags/".utf8) else { return .rewrite }
    return try git.run(["merge-base", "--is-ancestor", old.hex, new.hex]).status == 0 ? .forward : .rewrite
  }

  var isBranch: Bool { name.utf8.starts(with: "refs/heads/".utf8) }

  /// What may lose commits there does so only while the mirror has what is here. A `+` would override the lease.
  var lease: String? { kind == .forward ? nil : "--force-with-lease=\(name):\(old?.hex ?? "")" }

  var spec: String { "\(new?.hex ?? ""):\(name)" }
}
