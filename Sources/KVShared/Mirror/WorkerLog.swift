/// What the worker says of its work: a line of words, or with `--json` one JSON object a line.
public struct WorkerLog: Sendable {
  let isJSON: Bool

  public init(isJSON: Bool) { self.isJSON = isJSON }

  private struct Line: Encodable {
    let event: String
    let ts: String
    let message: String
    let ns: String?
    let refs: Int?
    let transactions: Int?
    let milliseconds: Int?

    enum CodingKeys: String, CodingKey {
      case event, ts, message, ns, refs, transactions
      case milliseconds = "ms"
    }
  }

  /// Says one thing; what cannot be said is not worth stopping for.
  func say(
    _ event: String, _ message: String, ns: Namespace? = nil, refs: Int? = nil, transactions: Int? = nil,
    milliseconds: Int? = nil
  ) {
    let line = Line(
      event: event, ts: Timestamp.now().description, message: message, ns: ns?.name, refs: refs,
      transactions: transactions, milliseconds: milliseconds)
    try? IO.write(isJSON ? CanonicalJSON.encode(line) : Array("\(event): \(message)\n".utf8), to: 1, "standard output")
  }
}
