/// Says where and why a policy file was not understood.
public struct PolicyError: Error, Equatable, CustomStringConvertible {
  public let file: String
  public let line: Int
  public let message: String

  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  public var description: String { "\(file):\(line): \(message)" }
}

/// What `.kv/policy.yaml` says, checked and with every default filled in.
public struct Policy: Sendable {
  public var stargate = StargatePolicy()
  public var namespaces: [Namespace: NamespacePolicy] = [:]

  public init() {}
}

/// The `stargate` block: discovery, administration, mirroring.
public struct StargatePolicy: Sendable {
  public var pushURL: String?
  public var readURL: String?
  public var requireMirrorAckByDefault = false
  public var admins: [AuthorizedKey] = []
  public var mirror = Mirror()
  /// What happens to ordinary branches; nil leaves it to whether there is a mirror.
  public var branches: BranchMode?

  public init() {}

  public struct Mirror: Sendable {
    public var maxPushesPerMinute = 6
    public var showroom = false
    public var atomic = Atomic.auto

    public init() {}
  }

  public enum Atomic: String, Sendable, CaseIterable { case auto, always, never }
  public enum BranchMode: String, Sendable, CaseIterable { case relay, local, reject }
}

/// One block under `namespaces`.
public struct NamespacePolicy: Sendable {
  public var ledgerMode = LedgerMode.linear
  public var requireSignedCommits = SignedCommits.ledger
  /// Bytes above which a value is stored in chunks.
  public var maxValueInline = 1 << 20
  /// Bytes above which a value is refused.
  public var maxValueTotal = 100 << 20
  public var chunking = Chunking()
  /// Empty allows every key.
  public var allowedPrefixes: [String] = []
  public var writers: [AuthorizedKey] = []
  public var forbidLFS = false
  public var retention = Retention()
  public var verify = VerifyLevel.full
  /// How many changed keys `verify: sample` looks at.
  public var sampleSize = 32
  public var etag = ETagAlgorithm.blake3

  public init() {}

  public enum LedgerMode: String, Sendable, CaseIterable { case linear }
  /// Which commits of a transaction must be signed by a writer.
  public enum SignedCommits: Sendable { case none, ledger, all }
  public enum VerifyLevel: String, Sendable, CaseIterable { case full, sample, attest, deep }

  /// How values above `maxValueInline` are cut; sizes in bytes, `min <= avg <= max`.
  public struct Chunking: Sendable, Equatable {
    public var mode = Mode.fastcdc
    public var min = 64 << 10
    public var avg = 256 << 10
    public var max = 1 << 20

    public init() {}

    public enum Mode: String, Sendable, CaseIterable { case fastcdc, fixed }
  }

  /// How long values and epochs stay; durations in seconds.
  public struct Retention: Sendable, Equatable {
    /// When set, every value carries a ttl.
    public var ttlDefault: Int?
    public var ttlMax: Int?
    public var enforceReadside = true
    public var epochs: Int?

    public init() {}
  }
}
