import Testing

@testable import KVShared

@Suite struct SyncPlanTests {
  private let old = ObjectID(String(repeating: "1", count: 40))!
  private let new = ObjectID(String(repeating: "2", count: 40))!

  private func plan(_ mode: SyncPlan.Mode, _ actions: [(String, SyncPlan.Action)]) -> SyncPlan {
    SyncPlan(
      mode,
      actions.map { ref, action in
        (ref, action, action == .create ? nil : old, action == .delete ? nil : new)
      })
  }

  @Test(arguments: [
    (SyncPlan.Mode.compare, []), (.repair, ["create", "forward", "watermark"]),
    (.force, ["create", "forward", "watermark", "overwrite"]),
    (.hard, ["create", "forward", "watermark", "overwrite", "delete"]),
  ])
  func `what each mode does`(mode: SyncPlan.Mode, wanted: [String]) {
    let plan = plan(
      mode,
      [
        ("refs/kv/a", .create), ("refs/kv/b", .forward), ("refs/kv-mirror/c", .watermark), ("refs/kv/d", .overwrite),
        ("refs/kv/e", .delete),
      ])
    #expect(Set(plan.due.map(\.action.rawValue)) == Set(wanted))
    #expect(plan.due.count + plan.refused.count == 5)
    #expect(plan.needsAdmin == (mode == .force || mode == .hard))
    let left = mode == .hard ? [] : mode == .force ? ["refs/kv/e"] : ["refs/kv/d", "refs/kv/e"]
    #expect(plan.parted.map(\.ref) == left)
  }

  @Test func `a namespace in which something would be lost is left alone as a whole`() {
    let wanted: [(String, SyncPlan.Action)] = [
      ("refs/kv/a", .overwrite), ("refs/kv-index/a", .forward), ("refs/kv-chunks/a@2026Q4", .create),
      ("refs/heads/kv/a", .forward), ("refs/kv-mirror/a", .watermark), ("refs/kv-index/b", .forward),
    ]
    #expect(plan(.repair, wanted).due.map(\.ref) == ["refs/kv-index/b"])
    #expect(plan(.force, wanted).due.count == 6)
    // What is on the mirror alone keeps nothing else back.
    let extra: [(String, SyncPlan.Action)] = [("refs/kv/a", .delete), ("refs/kv-index/a", .forward)]
    #expect(plan(.repair, extra).due.map(\.ref) == ["refs/kv-index/a"])
  }

  @Test func `nothing goes over a term that is none`() {
    let wanted: [(String, SyncPlan.Action)] = [(TermRef.name, .overwrite), ("refs/kv/a", .forward)]
    #expect(plan(.repair, wanted).due.isEmpty && plan(.repair, wanted).parted.count == 1)
    #expect(plan(.force, wanted).due.count == 2 && plan(.force, wanted).needsAdmin)
  }

  @Test func `items say what is done, in the order of the refs`() {
    let words = plan(.repair, [("refs/kv/b", .delete), ("refs/kv/a", .create)]).items.map(\.words)
    #expect(
      words == ["refs/kv/a: create - -> \(new)", "refs/kv/b: delete \(old) -> - (not done: --hard)"])
  }
}
