import Glibc
import KVShared

/// The repository a command works in, found once.
struct Clone {
  let git: Git
  let gitDirectory: String
  /// Shared by all work trees of the repository.
  let commonDirectory: String
  let objectsDirectory: String
  /// nil in a bare repository.
  let workTree: String?
  let format: ObjectFormat
  let config: GitConfig
  let reader: ObjectReader

  /// Throws `.io` outside a repository.
  init(_ options: GlobalOptions) throws(Rejection) {
    var git = Git.client()
    git.trace = options.debug
    self.git = git
    // Two questions and the object reader come up side by side.
    let asked = try git.start(
      [
        "rev-parse", "--path-format=absolute", "--show-object-format", "--git-dir", "--git-common-dir", "--git-path",
        "objects", "--is-bare-repository", "--show-toplevel",
      ], stdout: .pipe, stderr: .null)
    let listing = try git.start(["config", "--list", "-z"], stdout: .pipe, stderr: .null)
    let objects = try ObjectReader.Process(git)
    let answer = try IO.readAll(asked.stdout, "git rev-parse")
    _ = asked.wait()
    let lines = answer.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    guard lines.count >= 5, let format = ObjectFormat(rawValue: lines[0]) else {
      _ = listing.wait()
      throw .io("this is not a git repository, nor is any of its parents", hint: "run 'git init' or 'git clone' first")
    }
    reader = ObjectReader(objects, format: format)
    config = GitConfig(listing: try IO.readAll(listing.stdout, "git config"))
    _ = listing.wait()
    self.format = format
    gitDirectory = lines[1]
    commonDirectory = lines[2]
    objectsDirectory = lines[3]
    workTree = lines[4] == "false" && lines.count > 5 ? lines[5] : nil
  }

  /// A store for new objects of this repository.
  func objectStore() -> ObjectStore { objectStore(in: objectsDirectory, git) }

  /// A store for another `objects` folder, under the same settings.
  /// - Parameter git: at home in that repository.
  func objectStore(in directory: String, _ git: Git) -> ObjectStore {
    ObjectStore(format: format, git: git, directory: directory, config: config)
  }

  /// The policy this clone knows: the work tree's, else the one in `HEAD`; in a Stargate itself its own. nil where there is none.
  func policy() throws(Rejection) -> Policy? {
    if let bytes = try IO.readFile("\(workTree ?? gitDirectory)/\(PolicyFile.name)", limit: 1 << 20) {
      return try PolicyFile.parse(bytes, file: PolicyFile.name)
    }
    guard let reply = try reader.read([.contents("HEAD:\(PolicyFile.name)")])[0], reply.kind == .blob else {
      return nil
    }
    return try PolicyFile.parse(reply.bytes, file: "HEAD:\(PolicyFile.name)")
  }

  /// Makes the writers of this clone take turns; held as long as the descriptor lives.
  func takeTurn() throws(Rejection) -> Descriptor {
    let file = try Descriptor(path: "\(commonDirectory)/kv.lock", flags: O_RDWR | O_CREAT)
    try file.lock(exclusive: true)
    return file
  }
}
