/// Which programs of git a clone's commands run: git itself writes them down.
struct GitTrace {
  private let file: String

  init(_ clone: inout Clone) throws {
    file = clone.path("trace")
    clone.env["GIT_TRACE2_EVENT"] = file
  }

  /// What was run since the last question, in order, with its arguments.
  func commands() throws -> [[String]] {
    let lines = Files.exists(file) ? try Files.text(file).split(separator: "\n") : []
    Files.remove(file)
    return lines.compactMap { line in
      guard let event = JSON(String(line)), event["event"]?.string == "start", case .array(let words)? = event["argv"]
      else { return nil }
      return words.compactMap(\.string)
    }
  }

  /// The fetches among them: `refs` by name, `chunks` by id.
  func fetches() throws -> [String] {
    try commands().filter { $0.contains("fetch") }.map { $0.contains("--stdin") ? "chunks" : "refs" }
  }
}
