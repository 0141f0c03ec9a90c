/// How much of the large tables a run looks at: KV_TEST_THOROUGH makes it all of them.
enum Share {
  static let isThorough = Installed.setting("KV_TEST_THOROUGH") != nil

  /// Every n-th row, from one of the first n on: the same ones in every run.
  static func of<Row>(_ rows: [Row], _ part: Int, of parts: Int) -> [Row] {
    isThorough ? rows : rows.enumerated().filter { $0.offset % parts == part }.map(\.element)
  }
}
