import Glibc
import KVShared

/// Keeps git's commit-graph, with its notes of what each commit changed, in step with a ledger: without it git reads two
/// trees for each transaction to find those of one key.
struct HistoryGraph {
  let clone: Clone
  let namespace: Namespace

  /// Seconds from which on a walk is thought slow.
  private static let slow = 0.05
  /// Transactions that are not worth the work.
  private static let few = 500

  /// Has the graph written, behind our back, where a walk was slow and much has come since it was last written.
  /// Nothing depends on it: a failure is passed over.
  func keepUp(with tip: ObjectID, seconds: Double) {
    guard seconds >= Self.slow else { return }
    let note = "\(clone.commonDirectory)/kv-graph-\(namespace)"
    let last = try? IO.readFile(note, limit: 128).flatMap { ObjectID(hex: $0.prefix { $0 != UInt8(ascii: "\n") }) }
    guard last != tip else { return }
    let range = [tip.hex] + (last.map { ["^\($0)"] } ?? [])
    let count = try? clone.git.run(["rev-list", "--count"] + range).check("git rev-list").text
    guard let count, let new = Int(count), new >= Self.few else { return }
    // Noted before: whoever looks meanwhile does not do it again.
    try? IO.replaceFile(note, Array("\(tip)\n".utf8))
    let child = try? clone.git.start(
      ["commit-graph", "write", "--stdin-commits", "--append", "--changed-paths", "--no-progress"],
      stdin: .pipe, stdout: .null, stderr: .null, detached: true)
    guard let child else { return }
    try? IO.write("\(tip)\n", to: child.stdin, "git commit-graph")
    close(child.stdin)
  }
}
