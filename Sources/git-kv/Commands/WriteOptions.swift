import ArgumentParser
import KVShared

/// The options of every command that makes a transaction.
struct WriteOptions: ParsableArguments {
  @Flag(name: .customLong("no-push"), help: "Keep the transaction here; 'git kv push' sends it.")
  var noPush = false

  @OptionGroup var message: MessageOptions

  @OptionGroup var waiting: WaitOptions

  /// Throws `.usage` for `--no-push` and something to wait for.
  func patience() throws(Rejection) -> WaitOptions.Patience {
    try waiting.patience(unless: noPush ? "--no-push" : nil)
  }

  /// Throws `.usage` for a malformed or reserved trailer and an empty message.
  func apply(to draft: inout Draft) throws(Rejection) {
    draft.extra = try message.extra()
    if let text = try message.text() { draft.text = text }
  }
}

/// What a command says in the ledger commit.
struct MessageOptions: ParsableArguments {
  @Option(help: "Subject and body of the ledger commit.")
  var message: String?

  @Option(name: .customLong("trailer"), help: "A trailer 'Name: value' for the ledger commit; may be repeated.")
  var trailers: [String] = []

  /// Throws `.usage` for a malformed or reserved trailer.
  func extra() throws(Rejection) -> [Trailer] {
    try trailers.map { (line) throws(Rejection) in try Trailer(userLine: line) }
  }

  /// nil where none was given. Throws `.usage` for an empty message.
  func text() throws(Rejection) -> String? {
    guard let message else { return nil }
    var text = message[...]
    while let last = text.last, last.isNewline || last == " " { text.removeLast() }
    guard let first = text.first, !first.isWhitespace, !text.utf8.contains(0) else {
      throw .usage("the message is empty or begins with a blank")
    }
    return String(text)
  }
}

/// Everything a writing command needs, found once.
struct Writing {
  let clone: Clone
  let options: GlobalOptions
  let namespace: Namespace
  let policy: KeyPolicy
  /// Whether the policy wants the mirror to have a transaction before a command ends.
  let waitsByDefault: Bool
  let session: WriteSession

  init(_ options: GlobalOptions, noPush: Bool, epoch: EpochLabel? = nil) throws(Rejection) {
    self.options = options
    clone = try Clone(options)
    namespace = try options.namespace(clone.config)
    let known = try clone.policy()
    let rules = known?.namespaces[namespace]
    waitsByDefault = known?.stargate.requireMirrorAckByDefault ?? false
    policy = KeyPolicy(rules ?? NamespacePolicy())
    let remote = try Remote(clone.config)
    let transport =
      noPush ? nil : remote.map { [clone, namespace] in Transport(clone: clone, remote: $0, namespace: namespace) }
    guard let firstEpoch = epoch ?? EpochLabel(Timestamp.now().quarter) else {
      throw .usage("the clock is out of range")
    }
    let store = clone.objectStore()
    session = WriteSession(
      clone: clone, namespace: namespace, remote: remote, signer: try Signer(clone, rules), store: store,
      chunks: ChunkHome(clone, hasRemote: remote != nil, store: store), transport: transport,
      showsProgress: Progress.isVisible(isQuiet: options.quiet), firstEpoch: firstEpoch)
  }

  /// - Parameter maxInline: what `--max-inline` said; nil for commands that do not have it.
  func values(_ maxInline: MaxInline?) throws(Rejection) -> ValueWriter {
    ValueWriter(
      session: session, policy: policy, createdBy: session.signer.identity.email, now: .now(),
      maxInline: try maxInline?.bytes(policy.rules) ?? policy.rules.maxValueInline, isQuiet: options.quiet)
  }

  func finish(_ draft: Draft, _ patience: WaitOptions.Patience) throws(Rejection) {
    let result = try session.commit(draft)
    try report(result, result.words, patience)
  }
}

extension WriteResult {
  var words: String {
    guard let txn, let ledger else { return "nothing to do" }
    let row = transactions.map { " in \($0) transactions" } ?? ""
    let place = pushed ? "" : " (not pushed)"
    return "[\(ns) \(txn)] set \(set), deleted \(del)\(row); ledger \(ledger.prefix(12))\(place)"
  }
}

/// Where the value of one key comes from.
struct ValueOptions: ParsableArguments {
  @Argument(help: "The value: '-' for standard input, the name of a regular file, or the value itself.")
  var input: String?

  @Option(help: "Read the value from this file.")
  var file: String?

  @Option(help: "The value itself.")
  var value: String?

  @Option(help: "The media type (default: text/plain or application/octet-stream).")
  var ctype: String?

  @Option(help: "How long the value lives: 90s, 15m, 12h, 30d, or until 2026-12-31T00:00:00Z.")
  var ttl: String?

  @OptionGroup var maxInline: MaxInline

  /// Finds the value. Throws `.usage` unless exactly one source is given.
  func open() throws(Rejection) -> ValueInput {
    switch (input, file, value) {
    case (nil, let file?, nil): return try ValueInput(path: file)
    case (nil, nil, let value?): return ValueInput(ArgumentBytes.of(value, option: "value"))
    case (let input?, nil, nil):
      if input == "-" || IO.isRegularFile(input) { return try ValueInput(path: input) }
      return ValueInput(ArgumentBytes.of(input))
    default: throw .usage("give the value once: as an argument, with --file, or with --value")
    }
  }

  func lifetime() throws(Rejection) -> Lifetime? { try ttl.map { (text) throws(Rejection) in try Lifetime(text) } }
}

/// Above which size a value is cut into chunks.
struct MaxInline: ParsableArguments {
  @Option(
    name: .customLong("max-inline"),
    help: "Cut values above this size into chunks: 4096, 64KiB (default: the policy's).")
  var text: String?

  /// Throws `.usage` for a malformed size, `.policy` for one above the policy's.
  func bytes(_ rules: NamespacePolicy) throws(Rejection) -> Int {
    guard let text else { return rules.maxValueInline }
    guard let bytes = PolicyUnits.size(text) else {
      throw .usage("malformed size \(text.quoted)", hint: "write bytes, or KiB, MiB, GiB: 64KiB")
    }
    guard bytes <= rules.maxValueInline else {
      throw .policy(
        "--max-inline \(text) is above max_value_inline (\(rules.maxValueInline))", hint: "give a smaller size")
    }
    return bytes
  }
}
