import Glibc
import KVShared

// Whoever ends the worker ends the git it runs: as leader of its group, for there nobody else is in it.
signal(SIGTERM) { number in
  signal(number, SIG_DFL)
  kill(getpgrp() == getpid() ? 0 : getpid(), number)
}
HookMain.end { () throws(Rejection) -> ExitCode in
  let options = try WorkerOptions(CommandLine.arguments.dropFirst())
  let log = WorkerLog(isJSON: options.json)
  if options.dryRun { return try worker(try Station(repository: options.repository), options, log).sayPlan() }
  guard let (station, code) = try work(options, log) else { return .ok }
  // Mirroring does not wait for this, and pushes come first.
  setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  try Housekeeping(station, log: log).run()
  return code
}

/// Works when it is this worker's turn, with settings and policy as they are then; nil where another one waits already.
func work(_ options: WorkerOptions, _ log: WorkerLog) throws(Rejection) -> (Station, ExitCode)? {
  guard let turn = try WorkerTurn.take(in: options.repository) else { return nil }
  defer { _ = turn.raw }
  let station = try Station(repository: options.repository)
  return (station, try worker(station, options, log).run())
}

func worker(_ station: Station, _ options: WorkerOptions, _ log: WorkerLog) throws(Rejection) -> MirrorWorker {
  try MirrorWorker(station, remote: options.remote, patience: options.patience, log: log)
}
