/// Whether a mirror shows all of its Stargate, recomputed from nothing but what git prints.
struct Together {
  private let world: MirrorWorld
  private let here: [String: String]
  private let there: [String: String]
  private var found: [String] = []

  /// What is wrong, in words; empty when all holds.
  static func broken(_ world: MirrorWorld) throws -> [String] {
    var check = try Together(world)
    try check.run()
    return check.found
  }

  private init(_ world: MirrorWorld) throws {
    self.world = world
    here = try world.gate.repo.refs()
    there = try world.mirror.refs()
  }

  private mutating func run() throws {
    let tracking = "refs/kv-tracking/mirror/"
    let ours = here.filter { $0.key.hasPrefix("refs/kv") && !$0.key.hasPrefix("refs/kv-tracking/") }
    let shown = there.filter { $0.key.hasPrefix("refs/kv") && $0.key != "refs/kv-term/leader" }
    for name in Set(ours.keys).union(shown.keys).sorted() where ours[name] != shown[name] {
      found.append("\(name): here \(ours[name] ?? "-"), on the mirror \(shown[name] ?? "-")")
    }
    for (name, id) in there where name.hasPrefix("refs/kv") || here[tracking + name.dropFirst(5)] != nil {
      let known = here[tracking + name.dropFirst(5)]
      if known != id { found.append("\(name) is remembered as \(known ?? "-")") }
    }
    for (name, id) in ours where name.hasPrefix("refs/kv/") {
      let mark = there["refs/kv-mirror/" + name.dropFirst("refs/kv/".count)]
      if mark != id { found.append("the watermark of \(name) is \(mark ?? "-")") }
    }
    let fresh = Repo(box: world.box, path: world.box.path("fresh.git"))
    try world.box.must(["git", "clone", "-q", "--mirror", "--no-local", world.mirror.path, fresh.path])
    defer { Files.remove(fresh.path) }
    for name in there.keys.sorted() where name.hasPrefix("refs/kv/") {
      let ns = String(name.dropFirst("refs/kv/".count))
      found += try Invariants.broken(fresh, ns: ns, format: world.format).map { "fresh clone: \($0)" }
      found += try Watch(fresh, ns, world.format).broken()
    }
  }
}
