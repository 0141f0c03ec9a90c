import ArgumentParser
import KVShared

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Compute etags and digests of what is here, and compare.",
    discussion: """
      What --all has checked is noted, and the next run goes on from there as long as the ledger is the same.
      Chunks that are not here are counted, not fetched; --fetch brings them.
      """)

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The keys.") var keys: [String] = []
  @Flag(help: "Every key of the namespace.") var all = false
  @Flag(help: "Bring chunks that are not here.") var fetch = false
  @Flag(help: "Begin anew, whatever an earlier run has checked.") var restart = false

  func run() throws {
    guard all != !keys.isEmpty else { throw Rejection.usage("give keys, or --all") }
    guard all || !restart else { throw Rejection.usage("--restart goes with --all") }
    let keys = try keys.map { (text) throws(Rejection) in try Key(argument: text) }
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    guard let commit = try RefStore(clone: clone, namespace: ns).ledger(.working) else {
      throw Rejection.noSuchKey("namespace \(ns.name.quoted) is empty")
    }
    var read = ReadOptions()
    read.offline = !fetch
    let source = try read.chunkSource(clone, ns, .working, quiet: options.quiet)
    var check = ValueCheck(
      clone: clone, namespace: ns, commit: commit, source: source, options: options,
      notes: all ? VerifyNotes(clone, ns, commit) : nil)
    if all {
      let pointers = try Listing(clone: clone, namespace: ns).pointers(prefix: [], .working)
      try check.resume(restart: restart)
      try check.run(try pointers.map { (pointer) throws(Rejection) in try Key(pointer.key) })
    } else {
      try check.run(keys)
    }
  }
}

/// Checks values one by one and goes on after one that is wrong.
struct ValueCheck {
  let clone: Clone
  let namespace: Namespace
  let commit: Commit
  let source: ChunkSource
  let options: GlobalOptions
  let notes: VerifyNotes?
  private var tally = VerifyTally()

  init(
    clone: Clone, namespace: Namespace, commit: Commit, source: ChunkSource, options: GlobalOptions, notes: VerifyNotes?
  ) {
    self.clone = clone
    self.namespace = namespace
    self.commit = commit
    self.source = source
    self.options = options
    self.notes = notes
  }

  private enum Verdict {
    case right(Int)
    case elsewhere
    case wrong(String)
  }

  /// Takes up what an earlier run has left.
  mutating func resume(restart: Bool) throws(Rejection) {
    guard !restart, let earlier = try notes?.load() else { return }
    tally = earlier
    if !options.quiet, !options.json {
      try IO.write("going on after \(earlier.checked) values\n", to: 2, "standard error")
    }
  }

  /// Throws `.noSuchKey` for a key that is not there, `.attestation` at the end where values are wrong.
  mutating func run(_ keys: [Key]) throws(Rejection) {
    let rest = tally.after.map { after in keys.filter { after.utf8.lexicographicallyPrecedes($0.bytes) } } ?? keys
    let meter = ByteMeter("verifying", total: nil, isQuiet: options.quiet)
    defer { meter.end() }
    for key in rest {
      let verdict = try check(key, meter)
      if case .right(let size) = verdict { tally.bytes += size }
      if case .elsewhere = verdict { tally.elsewhere += 1 }
      if case .wrong(let message) = verdict { tally.wrong.append(message) }
      tally.checked += 1
      tally.after = key.description
      try report(key, verdict, meter)
      try notes?.keep(tally)
    }
    meter.end()
    try notes?.remove()
    try options.print(tally.summary, tally.words)
    guard tally.wrong.isEmpty else {
      throw .attestation(
        "\(tally.wrong.count) of \(tally.checked) values are wrong",
        hint: "restore them from another clone or the Stargate")
    }
  }

  private func check(_ key: Key, _ meter: ByteMeter) throws(Rejection) -> Verdict {
    do throws(Rejection) {
      // Git ends at an object it cannot unpack: what was asked of it before says nothing of the next value.
      let reader = ValueReader(clone: clone, namespace: namespace, chunks: source, reader: try source.home.reader())
      guard let value = try reader.find(key, in: commit) else {
        throw .noSuchKey("no such key: \(key.description.quoted)")
      }
      switch value.content {
      case .inline(let reply):
        guard let said = ETag(value.meta.etag), ETag(of: reply.bytes, said.algorithm) == said else {
          throw .attestation("etag of \(key.description.quoted) is not that of its bytes")
        }
      case .chunked(let manifest, _):
        guard manifest.etag.text == value.meta.etag else {
          throw .attestation("the manifest of \(key.description.quoted) has another etag than its metadata")
        }
        if source.urls.isEmpty, try !source.missing(manifest.chunks.map(\.blob)).isEmpty, source.home.folder != nil {
          return .elsewhere
        }
        let before = tally.bytes
        var done = 0
        try reader.read(value, nil, meter: .silent) { (bytes) throws(Rejection) in
          done += bytes.count
          meter.show(before + done)
        }
      }
      return .right(value.size)
    } catch {
      switch error {
      case .attestation(let text, _), .io(let text, _):
        source.home.forgetReader()
        return .wrong(text)
      default: throw error
      }
    }
  }

  private struct Line: Encodable {
    let key: String
    let status: String
    let message: String?
  }

  private func report(_ key: Key, _ verdict: Verdict, _ meter: ByteMeter) throws(Rejection) {
    let line: Line
    switch verdict {
    case .right: line = Line(key: key.description, status: "ok", message: nil)
    case .elsewhere: line = Line(key: key.description, status: "not-here", message: nil)
    case .wrong(let text): line = Line(key: key.description, status: "wrong", message: text)
    }
    if options.json {
      try IO.write(CanonicalJSON.encode(line), to: 1, "standard output")
    } else if let text = line.message {
      meter.end()
      try IO.write("wrong: \(text)\n", to: 1, "standard output")
    }
  }
}
