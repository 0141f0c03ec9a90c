/// A Stargate as its worker and its operator see it from inside: settings and objects, found once.
public struct Station {
  public let repository: String
  public let git: Git
  public let config: GitConfig
  public let format: ObjectFormat
  public let reader: ObjectReader

  /// Throws `.io` for a path that is no bare repository.
  public init(repository: String) throws(Rejection) {
    self.repository = repository
    git = Git.worker(repository: repository)
    let objects = try ObjectReader.Process(git)
    config = try GitConfig(git)
    guard config.bool("core.bare") == true else { throw .io("\(repository.quoted) is not a bare repository") }
    format = config["extensions.objectformat"].flatMap { ObjectFormat(rawValue: $0.lowercased()) } ?? .sha1
    reader = ObjectReader(objects, format: format)
  }

  /// A store for new objects.
  public func objectStore() -> ObjectStore {
    ObjectStore(format: format, git: git, directory: "\(repository)/objects", config: config)
  }

  var ancestry: Ancestry { Ancestry(git: git, reader: reader) }

  /// Moves refs that belong to the server alone. The hooks would start several processes to say nothing to that.
  /// - Parameter refs: nil deletes. A symbolic ref is replaced, and what it points to is left alone.
  func update(_ refs: [(name: String, new: ObjectID?)]) throws(Rejection) {
    guard !refs.isEmpty else { return }
    let lines = refs.map { name, new in
      "option no-deref\n" + (new.map { "update \(name) \($0)\n" } ?? "delete \(name)\n")
    }
    let command = ["-c", "core.hooksPath=/dev/null", "update-ref", "--stdin"]
    let input = Array(lines.joined().utf8)
    let answer = try git.run(command, input: input)
    if answer.status != 0, RefFiles(repository).clear(refs.map(\.name)) {
      try git.run(command, input: input).check("git update-ref")
    } else {
      try answer.check("git update-ref")
    }
  }
}
