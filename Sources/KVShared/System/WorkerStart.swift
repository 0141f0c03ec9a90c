import Glibc

/// Starts `kv-mirror-worker`, which stands beside the running program, and leaves it alone.
public enum WorkerStart {
  /// The folder of the running program, symbolic links resolved.
  public static func programFolder() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return String(decoding: buffer[..<slash], as: UTF8.self)
  }

  /// Where the worker stands: beside a hook, wherever the running program is.
  private static func folder(for repository: String) -> String? {
    if let folder = programFolder(), access("\(folder)/kv-mirror-worker", X_OK) == 0 { return folder }
    guard let hook = realpath("\(repository)/hooks/post-receive", nil) else { return nil }
    defer { free(hook) }
    let path = String(cString: hook)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  /// Starts the worker in a session of its own with no descriptor of the push, and does not wait for it.
  public static func detached(repository: String) throws(Rejection) {
    guard let folder = folder(for: repository) else { throw .io("cannot find the folder of the worker") }
    var environment = Environment.inherited()
    for name in environment.values.keys where name.hasPrefix("GIT_") { environment[name] = nil }
    _ = try ChildProcess(
      ["\(folder)/kv-mirror-worker", "--repo", repository], environment: environment, stdin: .null, stdout: .null,
      stderr: .null, detached: true)
  }
}
