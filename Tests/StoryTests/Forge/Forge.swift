/// Makes transactions from raw objects and pushes them with plain git: the other side of the verifier.
final class Forge {
  /// What a forge knows, to go on from in another copy of its repository.
  struct State: Sendable {
    var objects: Objects
    var store = Store()
    var ledgerTree = Folder()
    var indexTree = Folder()
    /// Of the current epoch.
    var chunksTree = Folder()
    var ledgerTreeID: String
    var tips: Tips?
    var clock = 0
  }

  struct Tips: Sendable, Equatable {
    var ledger: String
    var index: String
    var epoch: String
    /// Nil before the first chunk of the epoch.
    var chunks: String?
    var txn: String
  }

  enum Signing: Sendable { case none, ledger, all }

  let repo: Repo
  let ns: String
  var state: State
  var signer: SigningKey
  var signing = Signing.ledger
  var epoch = "2026Q4"
  /// So many more keys are set in every transaction.
  var padding = 0

  var box: Sandbox { repo.box }
  var format: ObjectFormat { state.objects.format }
  var store: Store { state.store }
  var tips: Tips? { state.tips }

  init(_ repo: Repo, _ state: State, ns: String = "main", signer: SigningKey = Keys.writer) {
    (self.repo, self.state, self.ns, self.signer) = (repo, state, ns, signer)
  }

  /// A forge in a new repository of its own.
  convenience init(
    _ box: Sandbox, _ name: String, _ format: ObjectFormat = .sha1, ns: String = "main",
    signer: SigningKey = Keys.writer
  ) throws {
    let path = box.path(name)
    try box.must(["git", "init", "-q", "--bare", "--template=", "--object-format=\(format)", path])
    var objects = Objects(format)
    let empty = objects.add("tree", [])
    self.init(Repo(box: box, path: path), State(objects: objects, ledgerTreeID: empty), ns: ns, signer: signer)
  }

  func blob(_ text: String) -> String { state.objects.blob(text) }
  func blob(_ bytes: [UInt8]) -> String { state.objects.blob(bytes) }
  func json(_ value: JSON) -> String { state.objects.blob(value.text + "\n") }

  /// A ULID later than every one before.
  func nextTxn() -> String {
    state.clock += 1
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    var (n, tail) = (state.clock, "")
    for _ in 0..<8 {
      tail = String(alphabet[n % 32]) + tail
      n /= 32
    }
    return "01KAR9Q2B0STARGATE" + tail
  }

  /// The next transaction, right in every piece until someone changes one.
  func plan(_ change: (inout Store) -> Void = { $0.entries["cfg:new"] = Value("new") }) -> Plan {
    var after = store
    change(&after)
    for i in 0..<padding { after.entries["pad:\(state.clock):\(i)"] = Value("\(i)") }
    return Plan(self, after)
  }

  /// Takes a plan as what the Stargate has now.
  func adopt(_ plan: Plan) {
    state.store = plan.after
    (state.ledgerTree, state.indexTree) = (plan.ledgerTree, plan.indexTree)
    if plan.chunks != nil { state.chunksTree = plan.chunksTree }
    state.ledgerTreeID = plan.ledger.tree
    state.tips = Tips(
      ledger: plan.ledgerID, index: plan.indexID, epoch: plan.epochID ?? state.tips?.epoch ?? "",
      chunks: plan.chunksID ?? state.tips?.chunks, txn: plan.txn)
  }

  /// Makes, pushes and adopts one; the outcome of the push.
  @discardableResult
  func commit(_ gate: String, _ change: (inout Store) -> Void) throws -> Outcome {
    var plan = plan(change)
    try plan.seal()
    let outcome = try push(plan.push, to: gate)
    if outcome.ok { adopt(plan) }
    return outcome
  }

  /// One `git push`.
  func push(_ push: Push, to gate: String) throws -> Outcome {
    try state.objects.write(to: repo)
    let specs = push.updates.map { "\($0.force ? "+" : "")\($0.id):\($0.ref)" }
    return try box.run(["git", "push", "--porcelain"] + push.options + [gate] + specs, in: repo.path)
  }
}

/// What one push carries.
struct Push: Sendable {
  struct Update: Sendable {
    var id: String
    var ref: String
    var force = false
  }
  var updates: [Update] = []
  var options = ["--atomic"]

  subscript(_ ref: String) -> String? {
    get { updates.first { $0.ref == ref }?.id }
    set {
      if let i = updates.firstIndex(where: { $0.ref == ref }) {
        if let newValue { updates[i].id = newValue } else { updates.remove(at: i) }
      } else if let newValue {
        updates.append(Update(id: newValue, ref: ref))
      }
    }
  }

  /// Lets every ref that the other push moves end where it ends there.
  mutating func append(_ later: Push) { for update in later.updates { self[update.ref] = update.id } }

  mutating func forceAll() { for i in updates.indices { updates[i].force = true } }
}
