import Glibc
import KVShared

/// Runs `git kv …` on a Stargate's host, over the ssh that git would use.
struct RemoteShell {
  let clone: Clone
  let place: SSHPlace

  /// The other side asks with such a line for the signature of what follows in base64.
  static let question = "challenge: "
  /// How an error begins with --json.
  private static let error = #"{"error":"#

  /// Runs a command there; passes on what it prints, and answers its one question.
  /// Throws what it said and ended with, or `.io` where it cannot be reached.
  /// - Parameter answer: signs a challenge.
  func run(_ arguments: [String], answer: ([UInt8]) throws(Rejection) -> [UInt8]) throws(Rejection) {
    let child = try ChildProcess(
      command(arguments), environment: clone.git.environment, stdin: .pipe, stdout: .pipe, stderr: .pipe)
    var lines = LineReader(descriptor: child.stdout)
    while let line = try lines.next() {
      // With --json the error is told once, by this side.
      if line.starts(with: Self.error.utf8) { continue }
      guard line.starts(with: Self.question.utf8) else {
        // An error is printed here.
        if line.starts(with: "{\"error\":".utf8) { continue }
        try IO.write(line + [UInt8(ascii: "\n")], to: 1, "standard output")
        continue
      }
      let text = String(decoding: line.dropFirst(Self.question.utf8.count), as: UTF8.self)
      guard let challenge = Base64.decode(text) else { throw .io("the Stargate asked for something unreadable") }
      try IO.write(try answer(challenge), to: child.stdin, "ssh")
    }
    let said = try IO.readAll(child.stderr, "ssh", limit: 1 << 20)
    let status = child.wait()
    guard status != 0 else { return }
    if let verdict = RemoteVerdict(errors: said).rejection { throw verdict }
    let reason = said.split(separator: UInt8(ascii: "\n")).last.map { String(decoding: $0, as: UTF8.self) }
    throw .io(
      "cannot run a command on \(place.host.quoted): \(reason ?? "ssh exited with \(status)")",
      hint: "the account there needs a shell; or run this on the Stargate itself")
  }

  private func command(_ arguments: [String]) throws(Rejection) -> [String] {
    let environment = clone.git.environment
    // The programs stand beside the hooks, wherever they were installed.
    let script =
      "p=$(readlink \(Self.quote(place.path + "/hooks/pre-receive"))) || "
      + "{ echo 'no Stargate at that path' >&2; exit 5; }; GIT_DIR=\(Self.quote(place.path)) exec "
      + "\"${p%/libexec/git-kv/*}/bin/git-kv\" \(arguments.map(Self.quote).joined(separator: " "))"
    let target = (place.port.map { ["-p", $0] } ?? []) + [place.host, "sh -c \(Self.quote(script))"]
    guard let ssh = SSHCommand(clone.config).openSSH(environment) else {
      throw .io("git is told to use another ssh than OpenSSH's", hint: "run this on the Stargate itself")
    }
    let options = SSHMultiplex(config: clone.config).options(place, environment).map { " \($0)" } ?? ""
    return ["sh", "-c", "\(ssh)\(options) -o BatchMode=yes \"$@\"", "ssh"] + target
  }

  private static func quote(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

/// Reads lines from a pipe as they come.
struct LineReader {
  let descriptor: Int32
  private var buffer: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// The next line without its newline; nil at the end.
  mutating func next() throws(Rejection) -> [UInt8]? {
    while true {
      if let newline = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeFirst(newline + 1) }
        return Array(buffer[..<newline])
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let got = read(descriptor, &chunk, chunk.count)
      if got < 0 {
        guard errno == EINTR else { throw .io("cannot read from a pipe") }
        continue
      }
      guard got > 0 else {
        defer { buffer = [] }
        return buffer.isEmpty ? nil : buffer
      }
      buffer += chunk[..<got]
    }
  }
}
