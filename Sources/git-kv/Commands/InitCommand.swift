import ArgumentParser
import Glibc
import KVShared

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Begin a namespace here, and write a policy to start from.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "The label of the first epoch (default: the current quarter).") var epoch: String?

  func run() throws {
    let label = try epoch.map { (text) throws(Rejection) in try EpochLabel(argument: text) }
    let writing = try Writing(options, noPush: true, epoch: label)
    let refs = RefStore(clone: writing.clone, namespace: writing.namespace)
    guard try refs.tips(.working).base == nil else {
      throw Rejection.conflict("namespace \(writing.namespace.name.quoted) is there already", tree: nil, blob: nil)
    }
    let result = try writing.session.commit(Draft())
    let wrote = try PolicyScaffold(clone: writing.clone, namespace: writing.namespace).writeIfMissing()
    try options.print(result, result.words + (wrote ? "\nwrote \(PolicyFile.name): read it, then commit it" : ""))
  }
}

/// The policy a clone begins with: the user's own key is the one writer.
struct PolicyScaffold {
  let clone: Clone
  let namespace: Namespace

  /// Returns false where there is a policy already, or no work tree to put one in.
  func writeIfMissing() throws(Rejection) -> Bool {
    guard let workTree = clone.workTree else { return false }
    let path = "\(workTree)/\(PolicyFile.name)"
    guard access(path, F_OK) != 0 else { return false }
    mkdir("\(workTree)/.kv", 0o777)
    let writer = publicKey().map { "\n      - \"\($0)\"" } ?? " []"
    let pushURL = (try? Remote(clone.config))?.flatMap { $0 }?.pushURL ?? "ssh://git@stargate.example/srv/git/repo.git"
    let text = """
      version: 1
      stargate:
        push_url: "\(pushURL)"
      namespaces:
        \(namespace):
          ledger_mode: linear
          require_signed_commits: true
          max_value_inline: 1MiB
          max_value_total: 100MiB
          allowed_prefixes: []
          writers:\(writer)
          forbidden: [{ lfs: true }]

      """
    try IO.replaceFile(path, Array(text.utf8))
    return true
  }

  /// The line of the user's SSH signing key; nil where there is none that can be read.
  private func publicKey() -> String? {
    guard clone.config["gpg.format"] == "ssh", var key = clone.config["user.signingkey"] else { return nil }
    if key.hasPrefix("key::") { key = String(key.dropFirst(5)) }
    if (try? AuthorizedKey.parse(key)) != nil { return key }
    if key.hasPrefix("~/"), let home = getenv("HOME") { key = String(cString: home) + key.dropFirst() }
    let path = key.hasSuffix(".pub") ? key : key + ".pub"
    guard let bytes = try? IO.readFile(path, limit: 1 << 16) else { return nil }
    let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return (try? AuthorizedKey.parse(line)).map { _ in line }
  }
}
