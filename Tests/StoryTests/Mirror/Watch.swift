/// The watchlog of a namespace against its ledger, one to one.
struct Watch {
  private let repo: Repo
  private let ns: String
  private let format: ObjectFormat

  init(_ repo: Repo, _ ns: String, _ format: ObjectFormat) { (self.repo, self.ns, self.format) = (repo, ns, format) }

  func broken() throws -> [String] {
    var found: [String] = []
    for (log, ledger) in try logs() {
      let wanted = try events(of: ledger)
      let commits = try repo.id(log) == nil ? [] : history(log)
      if commits.count != wanted.count { found.append("\(log): \(commits.count) events of \(wanted.count)") }
      let objects = try repo.objects(commits.flatMap { [$0.id, "\($0.id)^{tree}", "\($0.id):event.json"] })
      var parent = ""
      for (number, (commit, event)) in zip(commits, wanted).enumerated() {
        let words = "\(log), event \(number + 1)"
        let told = objects["\(commit.id):event.json"]?.bytes ?? []
        if told != Array((event.text + "\n").utf8) {
          found.append("\(words): \(String(decoding: told, as: UTF8.self)) and not \(event.text)")
        }
        let tree = objects["\(commit.id)^{tree}"]?.bytes ?? []
        let entry = Array("100644 event.json\0".utf8)
        let isWhole = tree.starts(with: entry) && tree.count == entry.count + format.width / 2
        if !isWhole { found.append("\(words): its tree") }
        if commit.parents != parent { found.append("\(words): its parent") }
        parent = commit.id
        let said = RawCommit(commit.id, objects[commit.id]?.bytes ?? [], format)?.trailers.map { "\($0.0): \($0.1)" }
        let names = [("KV-NS", "ns"), ("KV-Txn", "txn"), ("KV-Ledger", "oid"), ("Epoch", "epoch")]
        if said != names.map({ "\($0.0): \(event[$0.1]?.string ?? "")" }) { found.append("\(words): its trailers") }
      }
    }
    return found
  }

  /// The logs that have to be there, each with the ledger it tells of.
  private func logs() throws -> [(log: String, ledger: String)] {
    var logs: [(log: String, ledger: String)] = []
    for (name, id) in try repo.refs().sorted(by: { $0.key < $1.key }) {
      if name == "refs/kv/\(ns)" {
        let epoch = try repo.must("show", "-s", "--format=%(trailers:key=Epoch,valueonly)", id)
        logs.append(("refs/kv-watchlog/\(ns)@\(epoch)", id))
      } else if name.hasPrefix("refs/kv-archive/\(ns)@") {
        logs.append(("refs/kv-watchlog/" + name.dropFirst("refs/kv-archive/".count), id))
      }
    }
    return logs
  }

  /// What every commit of a ledger did, from the files it changed.
  private func events(of ledger: String) throws -> [JSON] {
    let commits = try history(ledger)
    let bodies = try repo.objects(commits.map(\.id))
    let changes = try changes(commits.map(\.id))
    return try commits.map { id, _, when in
      guard let commit = RawCommit(id, bodies[id]?.bytes ?? [], format) else { throw Broken("no transaction: \(id)") }
      func keys(_ isThere: Bool) -> JSON {
        // The first commit of a later epoch has the tree of the sealed one.
        let some = commit["Parent-Epoch"] == nil ? (changes[id] ?? [:]).filter { $0.value == isThere }.keys : [:].keys
        return .array(
          some.sorted { $0.lexicographicallyPrecedes($1) }.map { .string(String(decoding: $0, as: UTF8.self)) })
      }
      return .object([
        "del": keys(false), "epoch": .string(commit["Epoch"] ?? ""), "ns": .string(commit["KV-NS"] ?? ""),
        "oid": .string(id), "set": keys(true), "ts": .string(when), "txn": .string(commit["KV-Txn"] ?? ""),
        "v": .number("1"),
      ])
    }
  }

  /// The keys that commits changed, and whether each is there afterwards.
  private func changes(_ commits: [String]) throws -> [String: [[UInt8]: Bool]] {
    let diff = try repo.must(
      "diff-tree", "--stdin", "--root", "-r", "--no-renames", "--name-status",
      input: Array((commits.joined(separator: "\n") + "\n").utf8))
    var changes: [String: [[UInt8]: Bool]] = [:]
    var commit = ""
    for line in diff.split(separator: "\n") {
      let fields = line.split(separator: "\t")
      guard fields.count == 2, let file = fields[1].split(separator: "/").last else {
        commit = String(line)
        continue
      }
      let name = [".meta", ".manifest.json"].reduce(file) { $0.hasSuffix($1) ? $0.dropLast($1.count) : $0 }
      guard let key = Names.dec(name.utf8) else { throw Broken("no key: \(line)") }
      // A value that moves to a manifest adds one file and removes another.
      let wasThere = changes[commit]?[key] == true
      changes[commit, default: [:]][key] = wasThere || fields[0] != "D"
    }
    return changes
  }

  /// The commits of a line of history, oldest first, with their parents and when they were made.
  private func history(_ tip: String) throws -> [(id: String, parents: String, when: String)] {
    let format = "--format=%H,%P,%cd"
    let log = try repo.must("log", "--reverse", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", format, tip, "--")
    return log.split(separator: "\n").map {
      let fields = $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return (fields[0], fields[1], fields[2])
    }
  }
}
