import Testing

@testable import KVShared

@Suite struct MirrorStateTests {
  private let refusal = MirrorFault(.refused, "no")
  private let start = 1_800_000_000_000

  @Test func `a failure waits twice as long as the one before, up to five minutes`() {
    var state = MirrorState()
    var span = 1000
    for number in 1...20 {
      state.note(refusal, at: start + number)
      let pause = state.next! - start - number
      #expect(span / 2...span ~= pause, "failure \(number): \(pause) ms")
      #expect(state.failures == number && state.since == start + 1)
      span = min(span * 2, 300_000)
    }
    state.failures = .max - 1
    state.note(refusal, at: start)
    #expect(150_000...300_000 ~= state.next! - start)
  }

  @Test func `many stores do not come back at the same moment`() {
    let pauses = (0..<50).map { _ in
      var state = MirrorState()
      state.failures = 8
      state.note(refusal, at: start)
      return state.next!
    }
    #expect(Set(pauses).count > 40)
  }

  @Test func `an answer ends the failures`() {
    var state = MirrorState()
    state.note(MirrorFault(.drift, "parted"), drift: ["parted"], held: ["main"], at: start)
    #expect(state.hasParted && state.contact == start && state.held == ["main"])
    (state.arrival, state.pushed, state.lag, state.atomic) = (5, 6, 7, false)
    state.noteContact(at: start + 9)
    #expect(state.fault == nil && state.error == nil && state.next == nil && state.since == nil)
    #expect(state.failures == 0 && state.drift == nil && state.held == nil && !state.hasParted)
    // What is known of host and limiter stays.
    #expect(state.contact == start + 9 && state.arrival == 5 && state.pushed == 6 && state.lag == 7)
    #expect(state.atomic == false)
  }

  @Test func `the line comes back, and no other line is taken for one`() {
    var state = MirrorState()
    state.note(refusal, at: start)
    state.atomic = true
    state.url = "a/\"b\"é"
    let line = Array(state.line.dropLast())
    #expect(MirrorState(line: line) == state)
    for at in line.indices {
      var damaged = line
      damaged[at] ^= 1
      #expect(MirrorState(line: damaged) == nil)
    }
    let record = JournalRecord(
      ref: .ledger(Namespace("main")!), old: .absent, new: ObjectID(String(repeating: "1", count: 40))!,
      at: Timestamp("2026-11-23T10:00:00Z")!)
    #expect(MirrorState(line: Array(record.line.dropLast())) == nil)
    #expect(JournalRecord(line: line) == nil)
  }

  @Test func `a clock that was wrong is not believed`() {
    let rate = PushRate(perMinute: 6)
    var state = MirrorState()
    let year = 31_536_000_000
    (state.contact, state.next, state.arrival) = (start + year, start + year, start + year)
    state.bound(at: start, rate)
    #expect(state.contact == start && state.next == start + 300_000)
    #expect(rate.earliest(after: state.arrival) == start + 10_000)
    let sound = (start - 1, start + 5, start + 60_000)
    (state.contact, state.next, state.arrival) = sound
    state.bound(at: start, rate)
    #expect(state.contact == sound.0 && state.next == sound.1 && state.arrival == sound.2)
  }
}

@Suite struct PushRateTests {
  /// When pushes go that are wanted all the time.
  private func instants(_ rate: PushRate, count: Int, from start: Int) -> [Int] {
    var arrival: Int?
    var now = start
    return (0..<count).map { _ in
      now = max(now, rate.earliest(after: arrival))
      arrival = rate.arrival(after: arrival, pushedAt: now)
      return now - start
    }
  }

  @Test(arguments: [
    (6, [0, 0, 0, 0, 0, 0, 10_000, 20_000, 30_000]), (1, [0, 60_000, 120_000]), (2, [0, 0, 30_000, 60_000]),
    (60, [0, 0, 0, 0, 0, 0, 1000, 2000]), (60_000, [0, 0, 0, 0, 0, 0, 1, 2]),
  ])
  func `six at once, then one at a time`(perMinute: Int, wanted: [Int]) {
    #expect(instants(PushRate(perMinute: perMinute), count: wanted.count, from: 1_800_000_000_000) == wanted)
  }

  @Test func `no minute sees more than it may after the burst`() {
    let all = instants(PushRate(perMinute: 6), count: 100, from: 0)
    for (number, instant) in all.enumerated() where number >= 12 { #expect(instant - all[number - 6] == 60_000) }
  }

  @Test func `rest brings the burst back, and no more`() {
    let rate = PushRate(perMinute: 6)
    var arrival: Int? = 60_000
    let now = 1_000_000
    var count = 0
    while rate.earliest(after: arrival) <= now {
      arrival = rate.arrival(after: arrival, pushedAt: now)
      count += 1
    }
    #expect(count == 6)
  }
}
