import KVShared

/// The status of a Stargate in words.
struct StatusText {
  let status: MirrorStatus

  init(_ status: MirrorStatus) { self.status = status }

  var text: String {
    var lines = [("role", role), ("mirror", mirror)]
    if let mirror = status.mirror { lines += mirror.drift.map { ("drift", $0) } }
    lines += [("backlog", backlog), ("journal", journal)]
    if let policy = status.policy { lines.append(("policy", policy)) }
    lines += status.namespaces.map { ($0.ns, space($0)) }
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { name, words in
      "\(name):\(String(repeating: " ", count: width - name.count + 1))\(words)\n"
    }.joined()
  }

  private var role: String {
    let role = status.role
    let who = role.leader.map { $0 == role.host ? "" : "; the leader is \($0)" } ?? "; no leader file"
    return "\(role.role) on \(role.host)\(role.term.map { ", term \($0)" } ?? "")\(who)"
  }

  private var mirror: String {
    guard let mirror = status.mirror else { return "none" }
    var words = "\(mirror.state); \(mirror.remote), \(mirror.url)"
    words += mirror.pushed.map { "; last push \($0)" } ?? "; nothing pushed yet"
    if let lag = mirror.lag { words += ", lag \(lag) ms" }
    if mirror.atomic == false { words += "; takes no atomic pushes" }
    if let error = mirror.error {
      words += "\n  \(error)\n  failed \(mirror.failures) times since \(mirror.since ?? "-")"
      words += mirror.next.map { ", next try \($0)" } ?? ""
    }
    return words
  }

  private var backlog: String {
    let backlog = status.backlog
    return "\(backlog.transactions) transactions, \(backlog.bytes) bytes"
      + (backlog.age.map { ", oldest \($0) s" } ?? "")
  }

  private var journal: String {
    let journal = status.journal
    if let error = journal.error { return error }
    let corrupt =
      journal.corrupt.isEmpty ? "" : ", corrupt: lines \(journal.corrupt.map(String.init).joined(separator: " "))"
    return "\(journal.records) records, \(journal.bytes) bytes\(corrupt)"
  }

  private func space(_ space: MirrorStatus.Space) -> String {
    var words = "epoch \(space.epoch ?? "-"), verify \(space.verify ?? "unknown"), ledger \(space.ledger.prefix(12))"
    if status.mirror != nil {
      words += space.behind == 0 ? ", on the mirror" : ", \(space.behind) not on the mirror"
    }
    switch space.unlogged {
    case 0: break
    case let count?: words += ", \(count) not in the watchlog"
    case nil: words += ", watchlog of another history"
    }
    return words
  }
}
