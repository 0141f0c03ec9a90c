import Testing

@testable import KVShared

/// A git command that does not get through, as git, ssh and hosts word it.
@Suite struct MirrorFaultTests {
  private static let rows: [(String, MirrorFault.Kind)] = [
    ("git@github.com: Permission denied (publickey).\r\nfatal: Could not read from remote repository.", .credentials),
    ("ERROR: Permission to org/repo.git denied to somebody.\nfatal: Could not read from remote.", .credentials),
    ("FATAL: W any org/repo worker DENIED by fallthru\n(or you mis-spelled the reponame)", .credentials),
    ("remote: You are not allowed to push code to this project.\nfatal: unable to access 'x'", .credentials),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", .credentials),
    ("fatal: Authentication failed for 'https://h/x.git/'", .credentials),
    ("fatal: unable to access 'https://h/': The requested URL returned error: 403", .credentials),
    ("Host key verification failed.", .credentials),
    ("fatal: unable to access 'https://h/': The requested URL returned error: 503", .unreachable),
    ("ssh: Could not resolve hostname h: Name or service not known", .unreachable),
    ("fatal: '/srv/x.git' does not appear to be a git repository", .unreachable),
    ("", .unreachable),
  ]

  @Test(arguments: rows) func aRefusalIsToldFromASilence(_ said: String, _ kind: MirrorFault.Kind) {
    let fault = MirrorFault(
      connecting: ChildResult(status: 128, output: [], errors: Array(said.utf8)), to: MirrorRemote(url: "h:x"))
    #expect(fault.kind == kind)
    let words = said.split(whereSeparator: \.isNewline).first.map(String.init) ?? "git exited with 128"
    #expect(fault.message == "'h:x': \(words)")
  }
}
