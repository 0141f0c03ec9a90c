import ArgumentParser
import KVShared

struct EpochCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "epoch", abstract: "Begin a new epoch, and see the ones there were.",
    subcommands: [EpochNewCommand.self, EpochListCommand.self, EpochShowCommand.self])

  func run() throws { throw Rejection.commandMissing }
}

extension EpochLabel {
  /// Takes what a user typed. Throws `.usage` for what no epoch can be called.
  init(argument: String) throws(Rejection) {
    guard let label = EpochLabel(argument) else {
      throw .usage(
        "malformed epoch label \(argument.quoted)", hint: "a label is [A-Za-z0-9][A-Za-z0-9_-]{0,31}")
    }
    self = label
  }
}

struct EpochNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Seal the current epoch and begin the next one; an admin signs it.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The new epoch's label (default: the current quarter).") var label: String?
  @OptionGroup var message: MessageOptions

  func run() throws {
    let label = try EpochLabel(argument: label ?? Timestamp.now().quarter)
    let (extra, text) = (try message.extra(), try message.text())
    let writing = try Writing(options, noPush: false)
    let result = try EpochSession(session: writing.session, label: label, text: text, extra: extra).run()
    try options.print(result, result.words)
  }
}

struct EpochListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the epochs of the namespace, the newest first.")

  @OptionGroup var options: GlobalOptions
  @OptionGroup var read: ReadOptions

  func run() throws {
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let view = try read.refresh(clone, ns)
    let chain = try EpochChain(clone, ns, view)
    var out: [UInt8] = []
    for (at, link) in chain.links.enumerated() {
      let report = EpochReport(link, sealed: chain.sealedHead(of: link.label), isCurrent: at == 0)
      out += options.json ? CanonicalJSON.encode(report) : Array("\(report.line)\n".utf8)
    }
    try IO.write(out, to: 1, "standard output")
  }
}

struct EpochShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one epoch, by default the current one; fetches a sealed one.")

  @OptionGroup var options: GlobalOptions
  @Argument(help: "The label.") var label: String?
  @OptionGroup var read: ReadOptions

  func run() throws {
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let view = try read.refresh(clone, ns)
    let chain = try EpochChain(clone, ns, view)
    let wanted = try label.map { (text) throws(Rejection) in try EpochLabel(argument: text) }
    guard let link = wanted.map({ chain.link($0) }) ?? chain.current else {
      throw Rejection.noSuchKey(
        wanted.map { "there is no epoch \($0.name.quoted)" } ?? "namespace \(ns.name.quoted) has no epoch yet")
    }
    var report = EpochReport(
      link, sealed: chain.sealedHead(of: link.label), isCurrent: link.label == chain.current?.label)
    let tip =
      try chain.sealedHead(of: link.label).map { (head) throws(Rejection) in
        try read.archives(clone, ns).bring(ParentEpoch(label: link.label, ledger: head))
      } ?? RefStore(clone: clone, namespace: ns).ledger(view)
    if let tip { try report.look(from: link, to: tip, clone) }
    if options.json {
      try IO.write(CanonicalJSON.encode(report), to: 1, "standard output")
    } else {
      try IO.write(report.text, to: 1, "standard output")
    }
  }
}

/// What is told of one epoch.
struct EpochReport: Encodable {
  let label: String
  let current: Bool
  let since: String
  let parent: String?
  /// The first ledger commit, and for a sealed epoch the last one.
  let root: String
  let sealed: String?
  /// How many transactions it has, the one that began it among them; nil where nobody looked.
  var transactions: Int?
  /// When the last one was made.
  var last: String?
  /// Who began it.
  var author: String?

  init(_ link: EpochChain.Link, sealed: ObjectID?, isCurrent: Bool) {
    label = link.label.name
    current = isCurrent
    since = link.since.description
    parent = link.parent?.label.name
    root = link.root.hex
    self.sealed = sealed?.hex
  }

  /// Counts the transactions up to a commit.
  mutating func look(from link: EpochChain.Link, to tip: Commit, _ clone: Clone) throws(Rejection) {
    let count = try clone.git.run(["rev-list", "--count", tip.id.hex]).check("git rev-list").text
    transactions = Int(count)
    last = Timestamp(seconds: tip.committerSeconds).description
    author = try clone.reader.commit(link.root).author.split(separator: ">").first.map { "\($0)>" }
  }

  var line: String { "\(label)\t\(since)\t\(sealed.map { "sealed at \($0.prefix(12))" } ?? "current")" }

  var text: String {
    let rows: [(String, String?)] = [
      ("epoch", label + (current ? " (current)" : "")), ("since", since), ("follows", parent), ("begun by", author),
      ("first commit", root), ("sealed at", sealed), ("transactions", transactions.map(String.init)),
      ("last change", last),
    ]
    return rows.compactMap { name, value in value.map { "\(name): \($0)\n" } }.joined()
  }
}
