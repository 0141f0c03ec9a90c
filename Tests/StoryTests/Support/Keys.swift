import Glibc

/// The signing keys of the tests, made once a run.
struct SigningKey: Sendable {
  let path: String
  /// `<type> <base64>`, as a policy lists it.
  let line: String
}

enum Keys {
  /// Someone the policy lets write in `main`.
  static let writer = make("writer", "ed25519")
  /// A second writer of `main`.
  static let second = make("second", "ed25519")
  /// Someone who writes in namespace `other` alone.
  static let other = make("other", "ed25519")
  /// In no policy at all.
  static let stranger = make("stranger", "ed25519")
  /// Listed under `stargate.admins` and nowhere else.
  static let admin = make("admin", "ed25519")
  static let ecdsa = make("ecdsa", "ecdsa")
  static let rsa = make("rsa", "rsa")

  /// One folder for the whole run; the last thing the process does is to remove it.
  static let box: Sandbox = {
    // swift-format-ignore: NeverUseForceTry
    let box = try! Sandbox()
    Scraps.add(box.root)
    return box
  }()

  private static func make(_ name: String, _ kind: String) -> SigningKey {
    let path = box.path(name)
    let bits = kind == "rsa" ? ["-b", "2048"] : []
    do {
      try box.must(["ssh-keygen", "-q", "-t", kind] + bits + ["-N", "", "-C", "\(name)@test", "-f", path])
      let words = try Files.text("\(path).pub").split(separator: " ")
      return SigningKey(path: path, line: "\(words[0]) \(words[1])")
    } catch {
      fatalError("ssh-keygen: \(error)")
    }
  }
}

/// Folders that outlive a test and go when the process ends.
enum Scraps {
  nonisolated(unsafe) private static var folders: [String] = []
  nonisolated(unsafe) private static var lock: pthread_mutex_t = {
    atexit { Scraps.removeAll() }
    var lock = pthread_mutex_t()
    pthread_mutex_init(&lock, nil)
    return lock
  }()

  static func add(_ folder: String) {
    pthread_mutex_lock(&lock)
    folders.append(folder)
    pthread_mutex_unlock(&lock)
  }

  private static func removeAll() {
    for folder in folders { Files.remove(folder) }
  }
}
