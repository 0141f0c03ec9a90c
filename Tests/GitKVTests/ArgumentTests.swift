import KVShared
import Testing

@testable import git_kv

struct ArgumentTests {
  @Test(arguments: [
    (["--json", "get", "k"], ["get", "--json", "k"]), (["--ns", "a", "list"], ["list", "--ns", "a"]),
    (["--ns=a", "--debug", "cas", "set", "k"], ["cas", "set", "--ns=a", "--debug", "k"]),
    (["--quiet", "remote", "setup"], ["remote", "setup", "--quiet"]), (["get", "--json"], ["get", "--json"]),
    (["--json"], ["--json"]), ([], []), (["--ns"], ["--ns"]),
  ])
  func `global options may stand before the command`(given: [String], meant: [String]) {
    #expect(ArgumentOrder.globalsLast(given) == meant)
  }

  @Test func `a lifetime is a duration or an instant`() throws {
    if case .seconds(let seconds) = try Lifetime("30d") {
      #expect(seconds == 2_592_000)
    } else {
      Issue.record("no duration")
    }
    if case .until(let instant) = try Lifetime("2026-12-31T00:00:00Z") {
      #expect(instant.description == "2026-12-31T00:00:00Z")
    } else {
      Issue.record("no instant")
    }
    for bad in [
      "", "30", "d", "0s", "-1d", "1w", "030d", "99999999999999999999d", "9223372036854775807d", "2026-12-31",
    ] {
      #expect(throws: Rejection.self) { try Lifetime(bad) }
    }
  }

  @Test func `a sum beyond the calendar ends with it`() {
    #expect(Timestamp(seconds: 0).adding(.max) == .last)
  }

  @Test func `git's configuration is read with all its values`() {
    let config = GitConfig(listing: Array("a.b\n1\0a.b\n2\0core.bare\0kv.x\nno\0m.n\nline 1\nline 2\0".utf8))
    #expect(config["a.b"] == "2")
    #expect(config.all("a.b") == ["1", "2"])
    #expect(config.bool("core.bare") == true)
    #expect(config.bool("kv.x") == false)
    #expect(config.bool("a.c") == nil)
    #expect(config["m.n"] == "line 1\nline 2")
  }

  @Test(arguments: [
    ("ssh://git@h/p", true), ("git@h:p", true), ("h:p/q", true), ("/srv/git/x", false), ("./a:b", false),
    ("https://h/p", false), ("file:///p", false),
  ])
  func `an ssh url is told from a path`(url: String, isSSH: Bool) {
    #expect(SSHCommand.isSSH(url) == isSSH)
  }
}

struct PushAnswerTests {
  // As git 2.39 prints them with --porcelain, captured.
  @Test(arguments: [
    "!\trefs/heads/a:refs/kv/main\t[rejected] (fetch first)", "!\t1:refs/kv/main\t[rejected] (non-fast-forward)",
    "!\t1:refs/kv/main\t[remote rejected] (cannot lock ref 'refs/kv/main': is at 1 but expected 2)",
    "!\t1:refs/kv/main\t[remote rejected] (atomic transaction failed)", "!\t1:refs/kv/main\t[rejected] (stale info)",
    "!\t1:refs/kv/main\t[remote rejected] (reference already exists)",
    "!\t1:refs/kv/main\t[remote rejected] (failed to update ref)",
  ])
  func `a lost race is recognised`(line: String) {
    #expect(PushReport(porcelain: Array("To x\n\(line)\nDone\n".utf8)).lostRace != nil)
  }

  @Test(arguments: [
    "!\t1:refs/kv/main\t[remote rejected] (pre-receive hook declined)", " \t1:r\t1..2", "=\t1:r\t[up to date]",
  ])
  func `nothing else is`(line: String) {
    #expect(PushReport(porcelain: Array("To x\n\(line)\n".utf8)).lostRace == nil)
  }

  @Test func `the verdict is read from the remote's lines, padding and colours of git's own aside`() {
    let errors =
      "remote: kv: error: key 'x' has no allowed prefix [3]        \nremote: kv: hint: allowed: cfg:        \nTo x\n ! [remote rejected]\n"
    #expect(
      RemoteVerdict(errors: Array(errors.utf8)).rejection
        == .remote(.policy, "key 'x' has no allowed prefix", hint: "allowed: cfg:"))
  }

  @Test(arguments: [
    "remote: kv: error: x\n", "remote: kv: error: x [12]\n", "remote: x [3]\n",
    "remote: kv: error: x [three]\n",
  ])
  func `what is not a verdict line is none`(errors: String) {
    #expect(RemoteVerdict(errors: Array(errors.utf8)).rejection == nil)
  }
}
