import Glibc
import KVShared

HookMain.run { () throws(Rejection) in
  let options = try WorkerOptions(CommandLine.arguments.dropFirst())
  let lock = try Descriptor(path: "\(options.repository)/\(Journal.directory)/worker.lock", flags: O_RDWR | O_CREAT)
  defer { _ = lock.raw }
  guard lock.tryLock() else { return }
  // Pushes come first.
  setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  let git = Git.worker(repository: options.repository)
  let report = try JournalReport(repository: options.repository, git: git)
  try IO.write(options.json ? CanonicalJSON.encode(report) : Array(report.text.utf8), to: 1, "standard output")
  try git.run(["gc", "--auto", "--quiet"]).check("git gc")
}
