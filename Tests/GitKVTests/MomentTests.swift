import KVShared
import Testing

@testable import git_kv

struct MomentTests {
  private let now = Timestamp("2026-11-23T10:00:00Z")!

  @Test(arguments: [
    ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"), ("2026-11-20", "2026-11-20T00:00:00Z"),
    ("90s", "2026-11-23T09:58:30Z"), ("0s", "2026-11-23T10:00:00Z"), ("7d", "2026-11-16T10:00:00Z"),
    ("9999d", "1999-07-09T10:00:00Z"), ("9999999h", "1970-01-01T00:00:00Z"),
  ])
  func `an instant, a day, how long ago`(text: String, instant: String) {
    #expect(MomentName(text, now: now) == .instant(Timestamp(instant)!))
  }

  @Test(arguments: [
    "12345d", "2026-11-31", "1y", "7", "070d581e3f1c", "refs/kv/main", "", "01karyz6s410000000000000000",
  ])
  func `all else is a commit`(text: String) { #expect(MomentName(text, now: now) == .commit(text)) }

  @Test func `a transaction by its id`() {
    let id = TransactionID.fresh()
    #expect(MomentName(id.text, now: now) == .transaction(id))
  }
}
