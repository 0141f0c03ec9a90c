/// How much of what is large a run looks at: KV_TEST_THOROUGH makes it all of it.
enum Share {
  static let isThorough = Installed.setting("KV_TEST_THOROUGH") != nil

  /// Every n-th row, from one of the first n on: the same ones in every run.
  static func of<Row>(_ rows: [Row], _ part: Int, of parts: Int) -> [Row] {
    isThorough ? rows : rows.enumerated().filter { $0.offset % parts == part }.map(\.element)
  }

  /// Those of a program's system calls at which it is killed: every fifteenth, or every fifth of them.
  static func places(from first: Int, of calls: Int) -> [Int] {
    Array(stride(from: first, to: calls, by: isThorough ? 5 : 15))
  }
}
