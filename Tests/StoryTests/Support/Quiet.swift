import Glibc

extension Sandbox {
  /// Waits for the programs that others here have left running: workers, and what a killed one had started.
  func untilQuiet() throws {
    let mark = Array("KV_TEST_BOX=\(root)".utf8)
    let deadline = now() + 20
    var quiet = 0
    while now() < deadline {
      // A program that is just being started may show no environment yet.
      quiet = Files.names("/proc").contains { Self.isBusy($0, mark) } ? 0 : quiet + 1
      if quiet == 2 { return }
      usleep(quiet == 0 ? 10_000 : 2_000)
    }
    throw Broken("something still runs in \(root)")
  }

  private static func isBusy(_ name: String, _ mark: [UInt8]) -> Bool {
    guard Int(name) != nil, let environment = try? Files.read("/proc/\(name)/environ"),
      environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
    else { return false }
    // Servers and the connections that clients keep open go on.
    guard let program = try? Files.text("/proc/\(name)/comm"), let line = try? Files.text("/proc/\(name)/cmdline")
    else { return false }
    return !program.hasPrefix("sshd") && !line.hasPrefix("ssh: ")
  }
}

extension Files {
  /// What a folder holds.
  static func names(_ folder: String) -> [String] {
    guard let dir = opendir(folder) else { return [] }
    defer { closedir(dir) }
    var found: [String] = []
    while let entry = readdir(dir) {
      found.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return found
  }
}
