import Glibc

/// How fast one algorithm is.
struct Speed {
  let algorithm: Algorithm
  /// What it made of the bytes.
  private(set) var result = ""
  /// GB/s of each round, 10^9 bytes each.
  private var rates: [Double] = []

  /// Runs every algorithm once a round, so that a slow moment of the machine meets all of them.
  static func measure(_ bytes: UnsafeRawBufferPointer, rounds: Int) -> [Speed] {
    var speeds = Algorithm.allCases.map { Speed(algorithm: $0) }
    for _ in 0..<rounds {
      for at in speeds.indices { speeds[at].run(bytes) }
    }
    return speeds
  }

  private init(algorithm: Algorithm) { self.algorithm = algorithm }

  private mutating func run(_ bytes: UnsafeRawBufferPointer) {
    let start = Self.nanoseconds()
    result = algorithm.run(bytes)
    rates.append(Double(bytes.count) / Double(max(Self.nanoseconds() - start, 1)))
  }

  /// Name, best round, median round, result.
  var line: String {
    let sorted = rates.sorted()
    let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    return "\(algorithm.rawValue)\t\(Self.decimal(sorted[sorted.count - 1]))\t\(Self.decimal(median))\t\(result)"
  }

  private static func nanoseconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
  }

  private static func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    return "\(thousandths / 1000).\(String(thousandths % 1000 + 1000).dropFirst())"
  }
}
