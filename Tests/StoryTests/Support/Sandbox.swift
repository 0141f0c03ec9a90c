import Glibc

/// Where the programs under test and the project stand.
enum Installed {
  static func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  static let prefix = setting("KV_TEST_PREFIX") ?? "/usr/local"
  static var libexec: String { "\(prefix)/libexec/git-kv" }

  /// The checkout that holds install.sh: three folders above this file, unless said otherwise.
  static let project =
    setting("KV_TEST_PROJECT")
    ?? #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }

  /// The forge and the checker can be tried before there is any program.
  static let ready = access("\(libexec)/kv-pre-receive", X_OK) == 0
}

/// A folder of one test with a home, an identity and an environment of its own; removed when it is dropped.
final class Sandbox: Sendable {
  let root: String
  let environment: [String: String]

  init() throws {
    // Short, because a socket's path may hold 107 bytes.
    var template = Array("/tmp/kvt.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Broken("no temporary folder") }
    let root = String(cString: made)
    self.root = root
    environment = [
      "HOME": "\(root)/home", "XDG_RUNTIME_DIR": "\(root)/run", "XDG_CONFIG_HOME": "\(root)/home",
      "PATH": "\(root)/bin:\(Installed.prefix)/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
      "GIT_CONFIG_GLOBAL": "\(root)/gitconfig", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "LC_ALL": "C", "TZ": "UTC", "TMPDIR": "\(root)/tmp", "USER": "dev", "LOGNAME": "dev",
      "KV_TEST_BOX": root,
    ]
    for folder in ["home", "run", "bin", "tmp"] { try Files.makeFolder("\(root)/\(folder)", mode: 0o700) }
    try Files.write(
      "\(root)/gitconfig",
      """
      [user]
        name = Dev
        email = dev@example.org
      [init]
        defaultBranch = trunk
      [advice]
        detachedHead = false
      [gc]
        auto = 0
      [gpg]
        format = ssh

      """)
  }

  deinit { Files.remove(root) }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  /// Runs a program here; a non-zero end is a value.
  @discardableResult
  func run(
    _ argv: [String], in directory: String? = nil, input: [UInt8] = [], env: [String: String] = [:], limit: Double = 60
  ) throws -> Outcome {
    try StoryTests.run(command(argv, in: directory, input: input, env: env, limit: limit))
  }

  func command(
    _ argv: [String], in directory: String? = nil, input: [UInt8] = [], env: [String: String] = [:], limit: Double = 60
  ) -> Command {
    Command(
      argv: argv, directory: directory ?? root, environment: environment.merging(env) { $1 }, input: input,
      limit: limit)
  }

  /// Runs a program that must succeed, and gives its output without the last newline.
  @discardableResult
  func must(
    _ argv: [String], in directory: String? = nil, input: [UInt8] = [], env: [String: String] = [:]
  ) throws -> String {
    let outcome = try run(argv, in: directory, input: input, env: env)
    guard outcome.ok else {
      throw Broken("\(argv.prefix(6).joined(separator: " ")): status \(outcome.status)\n\(outcome.errors)")
    }
    return outcome.line
  }
}

/// A repository, bare or not, and git in it.
struct Repo: Sendable {
  let box: Sandbox
  let path: String

  @discardableResult
  func git(_ arguments: String..., input: [UInt8] = [], env: [String: String] = [:]) throws -> Outcome {
    try box.run(["git"] + arguments, in: path, input: input, env: env)
  }

  @discardableResult
  func must(_ arguments: String..., input: [UInt8] = []) throws -> String {
    try box.must(["git"] + arguments, in: path, input: input)
  }

  /// Every ref and what it names.
  func refs() throws -> [String: String] {
    let lines = try must("for-each-ref", "--format=%(objectname) %(refname)").split(separator: "\n")
    return Dictionary(
      uniqueKeysWithValues: lines.map { ($0.split(separator: " ").last!, $0.prefix { $0 != " " }) }
        .map { (String($0), String($1)) })
  }

  func id(_ name: String) throws -> String? {
    let found = try git("rev-parse", "--verify", "--quiet", name)
    return found.ok ? found.line : nil
  }

  /// The bytes of many objects in one process; nil where there is none.
  func objects(_ ids: [String]) throws -> [String: (kind: String, bytes: [UInt8])] {
    let asked = Array(Set(ids)).sorted()
    guard !asked.isEmpty else { return [:] }
    let answer = try git("cat-file", "--batch", input: Array(asked.joined(separator: "\n").utf8) + [10])
    guard answer.ok else { throw Broken("cat-file: \(answer.errors)") }
    var found: [String: (kind: String, bytes: [UInt8])] = [:]
    var at = 0
    for id in asked {
      guard let end = answer.out[at...].firstIndex(of: 10) else { throw Broken("cat-file stopped at \(id)") }
      let head = String(decoding: answer.out[at..<end], as: UTF8.self).split(separator: " ")
      at = end + 1
      guard head.count == 3, let size = Int(head[2]) else { continue }
      found[id] = (String(head[1]), Array(answer.out[at..<at + size]))
      at += size + 1
    }
    return found
  }

  /// Whether git itself finds nothing wrong; the words it says otherwise.
  func fsck() throws -> String? {
    let outcome = try git("fsck", "--strict", "--full", "--no-dangling", "--no-progress")
    let words = outcome.text + outcome.errors
    let complaints = words.split(separator: "\n").filter { !$0.hasPrefix("notice:") }
    return outcome.ok && complaints.isEmpty ? nil : "fsck \(outcome.status): \(words)"
  }
}
