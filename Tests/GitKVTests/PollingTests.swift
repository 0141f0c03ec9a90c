import Testing

@testable import git_kv

struct PollingTests {
  @Test(arguments: [("https://h/r", 10.0), ("git@h:r", 10.0), ("/srv/r.git", 0.25), ("file:///srv/r.git", 0.25)])
  func `pauses grow up to what the place bears`(url: String, longest: Double) {
    var polling = Polling(url: url, timeout: nil)
    let pauses = (0..<20).map { _ in polling.step(1) }
    #expect(pauses.prefix(2).elementsEqual([0.1, 0.1 * 1.6]))
    #expect(pauses == pauses.sorted() && pauses.last == longest)
    let jittered = [polling.step(1.2), polling.step(0.5)]
    #expect(jittered == [longest, longest / 2])
    polling.reset()
    let first = polling.step(1)
    #expect(first == 0.1)
    #expect(polling.left == .infinity)
  }

  @Test func `the last pause ends with the time`() {
    var polling = Polling(url: "https://h/r", timeout: 0.15)
    var questions = 1
    while polling.pause() { questions += 1 }
    #expect(questions == 3 && polling.left == 0)
    #expect(polling.elapsed >= 0.15)
    var once = Polling(url: "/r", timeout: 0)
    let again = once.pause()
    #expect(!again)
  }

  @Test(arguments: [
    ("/a", true), ("../a:b", true), ("file:///a", true), ("h:a", false), ("ssh://h/a", false), ("ext::sh -c x", false),
  ])
  func `a path of this machine is told from a host`(url: String, isLocal: Bool) {
    #expect(Polling.isLocal(url) == isLocal)
  }
}
