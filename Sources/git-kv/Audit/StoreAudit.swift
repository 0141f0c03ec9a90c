import KVShared

/// The audit of one namespace: its epoch chain, then epoch by epoch, the oldest first.
struct StoreAudit {
  let source: AuditSource
  let namespace: Namespace
  let rules: AuditRules
  let options: GlobalOptions
  let restarts: Bool
  let skipsCompacted: Bool

  /// A push that lands between two looks at the refs is no damage: they are looked at again.
  private static let attempts = 5

  /// Throws `.attestation` for the first broken link, `.incomplete` for epochs that are in bundles, `.noSuchKey` for a
  /// namespace without a store.
  /// - Parameter isOneOfMany: a namespace without a store is passed over.
  func run(isOneOfMany: Bool) throws(Rejection) {
    let watch = Stopwatch()
    for attempt in 1... {
      try source.bring(namespace)
      let refs = try source.refs(namespace)
      guard let head = refs[.ledger(namespace)] else {
        if isOneOfMany { return }
        throw .noSuchKey("namespace \(namespace.name.quoted) is empty")
      }
      var report = AuditReport(namespace)
      do throws(AuditStop) {
        try walk(refs, head, &report)
      } catch {
        switch error {
        case .failed(let rejection): throw rejection
        case .broken(let link):
          if attempt < Self.attempts, try source.refs(namespace) != refs { continue }
          report.firstBroken = link
        }
      }
      report.seconds = watch.seconds
      return try conclude(report)
    }
  }

  private func conclude(_ report: AuditReport) throws(Rejection) {
    try options.print(report.summary, report.words)
    if let broken = report.firstBroken {
      throw .attestation(
        "\(namespace.name.quoted) is broken at its \(broken.link.rawValue): \(broken.message)",
        hint: "compare with another clone, or with the mirror: 'git kv audit --read-from'")
    }
    guard report.notWalked.isEmpty || skipsCompacted else {
      throw .incomplete(
        "epochs of \(namespace.name.quoted) were not walked: \(report.notWalked.joined(separator: " "))",
        hint: "fetch them from their bundles, or take that as it is with --skip-compacted")
    }
  }

  private func walk(_ refs: [KVRef: ObjectID], _ head: ObjectID, _ report: inout AuditReport) throws(AuditStop) {
    let notes = AuditNotes(
      path: "\(source.clone.commonDirectory)/kv-audit-\(namespace)@\(source.view.rawValue)", rules: rules)
    var known = restarts ? [:] : notes.load()
    let reader = try plain { () throws(Rejection) in try ObjectReader(source.git, format: source.clone.format) }
    let chain = try EpochLink.chain(
      refs[.epoch(namespace)], namespace, rules: rules, git: source.git, reader: reader)
    report.signatures = chain.signatures
    var keeper = Keeper(notes: notes)
    let links = source.epochs ? chain.links[...] : chain.links.suffix(1)
    var sealed: (id: ObjectID?, tree: ObjectID?) = (nil, nil)
    for link in links {
      let next = chain.links.first { $0.parent?.label == link.label }
      let found = try EpochHistory(
        link, next, of: namespace, refs, mayLackChunks: rules.mayLackChunks, reader)
      if let file = found.bundle {
        report.notWalked.append("\(link.label.name) (in \(file))")
        sealed = (nil, nil)
        continue
      }
      let isCurrent = next == nil
      let chunks = refs[.chunks(namespace, link.label)]
      let audit = EpochAudit(
        namespace,
        AuditEpoch(
          label: link.label, head: isCurrent ? head : found.head, index: isCurrent ? refs[.index(namespace)] : nil,
          chunks: chunks, knowsChunks: !rules.mayLackChunks || chunks != nil,
          watchlog: refs[.watchlog(namespace, link.label)],
          watermark: isCurrent && source.view == .mirror ? refs[.mirror(namespace)] : nil),
        rules: rules, git: source.git,
        reader: try plain { () throws(Rejection) in try ObjectReader(source.git, format: source.clone.format) },
        link: link, sealedTree: sealed.id == link.parent?.ledger ? sealed.tree : nil, after: known[link.label.name])
      let meter = Progress("auditing \(link.label)", isQuiet: options.quiet)
      defer { meter.end() }
      try audit.run { (progress, total) throws(Rejection) in
        meter.show(progress.transactions, of: total)
        known[link.label.name] = progress
        try keeper.keep(known)
      }
      meter.end()
      known[link.label.name] = audit.progress
      try plain { () throws(Rejection) in try keeper.keep(known, now: true) }
      let line = AuditLine(namespace, audit)
      report.add(line)
      try plain { () throws(Rejection) in try options.print(line, line.words) }
      sealed = (found.head, found.tree)
    }
  }

  private func plain<Result>(_ body: () throws(Rejection) -> Result) throws(AuditStop) -> Result {
    do throws(Rejection) { return try body() } catch { throw .failed(error) }
  }

  /// Notes what was proved, once a second at most.
  private struct Keeper {
    let notes: AuditNotes
    private var last = Stopwatch()

    init(notes: AuditNotes) { self.notes = notes }

    mutating func keep(_ epochs: [String: AuditProgress], now: Bool = false) throws(Rejection) {
      guard now || last.seconds > 1 else { return }
      try notes.keep(epochs)
      last = Stopwatch()
    }
  }
}
