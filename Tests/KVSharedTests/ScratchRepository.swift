import Glibc
import KVShared

/// A bare repository in a temporary folder, for tests that need git to read what we write.
final class ScratchRepository {
  let path: String
  let git: Git
  let format: ObjectFormat

  init(_ format: ObjectFormat = .sha1) throws {
    var template = Array("/tmp/kv-unit.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Rejection.io("no temporary folder") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.format = format
    git = .worker(repository: path)
    try ChildProcess.run(
      ["git", "init", "-q", "--bare", "--object-format=\(format.rawValue)", path], environment: git.environment
    ).check("git init")
  }

  deinit { _ = try? ChildProcess.run(["rm", "-rf", path], environment: .inherited()) }

  func reader() throws -> ObjectReader { try ObjectReader(git, format: format) }

  func store() -> ObjectStore {
    ObjectStore(
      format: format, git: git, directory: "\(path)/objects", writesFiles: true,
      syncs: .init(loose: false, packs: false))
  }

  func lines(_ arguments: [String]) throws -> [String] {
    try git.run(arguments).check(arguments[0]).text.split(separator: "\n").map(String.init)
  }
}
