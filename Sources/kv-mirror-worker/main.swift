import Glibc
import KVShared

HookMain.end { () throws(Rejection) -> ExitCode in
  let options = try WorkerOptions(CommandLine.arguments.dropFirst())
  let log = WorkerLog(isJSON: options.json)
  let station = try Station(repository: options.repository)
  let worker = try MirrorWorker(station, remote: options.remote, patience: options.patience, log: log)
  if options.dryRun { return try worker.sayPlan() }
  let code = try work(worker, options.repository)
  // Mirroring does not wait for this, and pushes come first.
  setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  try Housekeeping(station, log: log).run()
  return code
}

/// Works when it is this worker's turn; goes home where another one waits for it already.
func work(_ worker: MirrorWorker, _ repository: String) throws(Rejection) -> ExitCode {
  guard let turn = try WorkerTurn.take(in: repository) else { return .ok }
  defer { _ = turn.raw }
  return try worker.run()
}
