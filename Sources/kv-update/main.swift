import Glibc
import KVShared

// Installed under two names: `update <ref> <old> <new>`, and `reference-transaction <state>`.
HookMain.run { () throws(Rejection) in
  let arguments = CommandLine.arguments.dropFirst()
  let refGuard = RefGuard(repository: HookMain.repository(), git: .hook())
  switch arguments.count {
  case 3:
    let fields = Array(arguments)
    guard let update = RefUpdate(line: "\(fields[1]) \(fields[2]) \(fields[0])".utf8) else {
      throw .usage("update wants <ref> <old> <new>")
    }
    let hooks = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let second = (hooks + ["reference-transaction"]).joined(separator: "/")
    try refGuard.checkPushed(update, isBacked: access(second, X_OK) == 0)
  case 1 where arguments.first == "prepared":
    try refGuard.checkPrepared(try HookMain.updates())
  case 1:
    break
  default:
    throw .usage("kv-update is a git hook: update <ref> <old> <new>, or reference-transaction <state>")
  }
}
