import Testing

@testable import KVShared

struct TimeLimitTests {
  /// Also where it will not go, where something it started holds its output, and where it does not take its input.
  @Test(arguments: ["exec sleep 60", "trap '' TERM; while :; do sleep 0.1; done", "sleep 5 & wait"])
  func `a child that is out of time is ended`(script: String) throws {
    let watch = Stopwatch()
    let answer = try ChildProcess.run(
      ["sh", "-c", "echo out; echo err >&2; \(script)"], environment: .inherited(),
      input: [UInt8](repeating: 10, count: 1 << 20), limit: 0.3)
    #expect(answer.status == 143 && watch.seconds >= 0.3 && watch.seconds < 20)
    #expect(answer.text == "out")
    #expect(String(decoding: answer.errors, as: UTF8.self) == "err\nfatal: no answer within 1 seconds\n")
  }

  @Test func `one that is in time is not`() throws {
    let answer = try ChildProcess.run(["sh", "-c", "cat"], environment: .inherited(), input: [65, 10], limit: 30)
    #expect(answer.status == 0 && answer.text == "A" && answer.errors.isEmpty)
  }

  @Test func `ssh's lines end as terminals want them`() {
    let said = "ssh: connect to host h port 1: Connection refused\r\nfatal: Could not read.\n"
    let fault = MirrorFault(
      connecting: ChildResult(status: 128, output: [], errors: Array(said.utf8)), to: MirrorRemote(url: "h:x"))
    #expect(fault == MirrorFault(.unreachable, "'h:x': ssh: connect to host h port 1: Connection refused"))
  }
}
