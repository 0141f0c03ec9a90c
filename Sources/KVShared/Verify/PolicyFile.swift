/// The policy of a Stargate: `.kv/policy.yaml` in the bare repository's own folder.
public enum PolicyFile {
  public static let name = ".kv/policy.yaml"
  static let maxBytes = 1 << 20

  /// Returns nil where there is no file. Throws `.policy` with file and line where it is not understood.
  public static func load(repository: String) throws(Rejection) -> Policy? {
    let path = "\(repository)/\(name)"
    let bytes: [UInt8]?
    do {
      bytes = try IO.readFile(path, limit: maxBytes)
    } catch {
      throw .policy(
        "the policy is unreadable: \(error.message)", hint: "make \(name) readable to the user that runs the hooks")
    }
    guard let bytes else { return nil }
    return try parse(bytes, file: name)
  }

  /// Throws `.policy` with file and line.
  public static func parse(_ bytes: [UInt8], file: String) throws(Rejection) -> Policy {
    do throws(PolicyError) {
      return try Policy.parse(bytes, file: file)
    } catch {
      throw .policy(error.description, hint: "correct the policy; until then every write is refused")
    }
  }
}
