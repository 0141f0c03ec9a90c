import Testing

extension World {
  /// A world whose epochs somebody changes who writes nothing else; values above 60 bytes are cut into chunks.
  static func epochs(_ format: ObjectFormat = .sha1, _ more: String...) throws -> World {
    let lines = more.isEmpty ? "" : more.map { "\n    \($0)" }.joined()
    let policy = SmallChunks.policy().replacing(
      "branches: local", with: "branches: local\n  admins:\n    - \"\(Keys.admin.line) admin\"")
    return try World.large(
      Way(format: format, transport: .path),
      policy: policy.replacing("    ledger_mode: linear", with: "    ledger_mode: linear\(lines)"))
  }

  /// A clone of the admin's.
  func admin(_ name: String = "admin") throws -> Clone {
    let clone = try policed(name)
    try clone.repo.must("config", "user.signingKey", Keys.admin.path)
    return clone
  }
}

/// A text as bytes.
func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }
