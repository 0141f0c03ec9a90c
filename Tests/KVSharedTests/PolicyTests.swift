import KVShared
import Testing

struct PolicyTests {
  static let james = "ssh-ed25519 \(AuthorizedKeyTests.ed25519) james"
  static let robot = "ssh-ed25519 \(AuthorizedKeyTests.other) ci-bot"

  static func parse(_ text: String) throws -> Policy {
    try Policy.parse(Array(text.utf8), file: "policy.yaml")
  }

  static func namespace(_ name: String, of policy: Policy) throws -> NamespacePolicy {
    let namespace = try #require(Namespace(name))
    return try #require(policy.namespaces[namespace])
  }

  /// The sample of the specification.
  static func sample(admin: String, writer: String, robot: String) -> String {
    """
    version: 1
    stargate:
      push_url: "ssh://git@stargate.local/org/repo.git"
      read_url: "ssh://git@stargate.local/org/repo.git"    # optional
      require_mirror_ack_by_default: false
      admins:
        - "\(admin)"                    # can run 'stargate sync --force'

    namespaces:
      main:
        ledger_mode: linear
        require_signed_commits: true
        max_value_inline: 1MiB
        max_value_total: 100MiB
        chunking: { mode: fastcdc, min: 64KiB, avg: 256KiB, max: 1MiB }
        allowed_prefixes: ["cfg:","user:","secret:","deploy:"]
        writers:
          - "\(writer)"
          - "\(robot)"
        forbidden: [{ lfs: true }]
        retention: { ttl_default: 365d, enforce_readside: true }
    """
  }

  @Test func sampleOfTheSpecification() throws {
    let policy = try Self.parse(Self.sample(admin: Self.james, writer: Self.james, robot: Self.robot))
    #expect(policy.stargate.pushURL == "ssh://git@stargate.local/org/repo.git")
    #expect(policy.stargate.readURL == "ssh://git@stargate.local/org/repo.git")
    #expect(!policy.stargate.requireMirrorAckByDefault)
    #expect(policy.stargate.admins == [try AuthorizedKey.parse(Self.james)])
    #expect(policy.stargate.branches == nil)
    #expect(policy.namespaces.count == 1)
    let main = try Self.namespace("main", of: policy)
    #expect(main.requireSignedCommits == .ledger)
    #expect(main.maxValueInline == 1_048_576)
    #expect(main.maxValueTotal == 104_857_600)
    #expect(main.chunking == NamespacePolicy.Chunking())
    #expect(main.allowedPrefixes == ["cfg:", "user:", "secret:", "deploy:"])
    #expect(main.writers == [try AuthorizedKey.parse(Self.james), try AuthorizedKey.parse(Self.robot)])
    #expect(main.forbidLFS)
    #expect(main.retention.ttlDefault == 31_536_000)
    #expect(main.retention.ttlMax == nil)
    #expect(main.retention.enforceReadside)
  }

  @Test func placeholderKeysOfTheSpecification() {
    let placeholder = "ssh-ed25519 AAAAC3... james"
    let reason = "key of type 'ssh-ed25519' is not valid base64"
    Self.expect(7, "'admins': \(reason)") {
      try Self.parse(Self.sample(admin: placeholder, writer: Self.james, robot: Self.robot))
    }
    Self.expect(19, "'writers': \(reason)") {
      try Self.parse(Self.sample(admin: Self.james, writer: Self.james, robot: placeholder))
    }
  }

  @Test func defaults() throws {
    let policy = try Self.parse("version: 1\nnamespaces: { a: {}, b-2: {} }")
    #expect(policy.namespaces.count == 2)
    let block = try Self.namespace("b-2", of: policy)
    #expect(block.requireSignedCommits == .ledger)
    #expect(block.maxValueInline == 1 << 20)
    #expect(block.maxValueTotal == 100 << 20)
    #expect(block.chunking.mode == .fastcdc)
    #expect([block.chunking.min, block.chunking.avg, block.chunking.max] == [65_536, 262_144, 1_048_576])
    #expect(block.allowedPrefixes.isEmpty && block.writers.isEmpty)
    #expect(!block.forbidLFS)
    #expect(block.retention == NamespacePolicy.Retention())
    #expect(block.verify == .full)
    #expect(block.sampleSize == 32)
    #expect(block.etag == .blake3)
    #expect(policy.stargate.mirror.maxPushesPerMinute == 6)
    #expect(policy.stargate.mirror.atomic == .auto)
    #expect(!policy.stargate.mirror.showroom)
  }

  @Test func everythingElse() throws {
    let policy = try Self.parse(
      """
      version: 1
      stargate:
        branches: relay
        mirror: {max_pushes_per_minute: 12, showroom: true, atomic: never}
      namespaces:
        main:
          require_signed_commits: all
          max_value_inline: 0
          max_value_total: 2GiB
          chunking: {mode: fixed, min: 64, avg: 4096, max: 4096}
          writers: ["gpg 0123456789abcdef0123456789abcdef01234567"]
          forbidden: [{lfs: false}]
          retention: {ttl_default: 90s, ttl_max: 2m, enforce_readside: false, epochs: 4}
          verify: sample
          sample_size: 7
          etag: blake2b
        open: {require_signed_commits: false, max_value_total: 10KiB}
      """)
    #expect(policy.stargate.branches == .relay)
    #expect(policy.stargate.mirror.maxPushesPerMinute == 12)
    #expect(policy.stargate.mirror.atomic == .never)
    #expect(policy.stargate.mirror.showroom)
    let main = try Self.namespace("main", of: policy)
    #expect(main.requireSignedCommits == .all)
    #expect(main.maxValueInline == 0)
    #expect(main.maxValueTotal == 2 << 30)
    #expect(main.chunking.mode == .fixed)
    #expect(main.writers == [.gpg(fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567")])
    #expect(!main.forbidLFS)
    #expect(main.retention.ttlDefault == 90)
    #expect(main.retention.ttlMax == 120)
    #expect(!main.retention.enforceReadside)
    #expect(main.retention.epochs == 4)
    #expect(main.verify == .sample)
    #expect(main.sampleSize == 7)
    #expect(main.etag == .blake2b)
    let open = try Self.namespace("open", of: policy)
    #expect(open.requireSignedCommits == .none)
    #expect(open.maxValueInline == 10_240)
  }

  /// One mistake a row: the file, and the line and message it must get.
  @Test(arguments: [
    ("", 1, "file is empty"),
    ("# nothing\n", 2, "file is empty"),
    ("[]", 1, "the policy is not a mapping but a list"),
    ("version: 1\n---\nversion: 1\n", 2, "more than one document"),
    ("%YAML 1.1\n---\nversion: 1\n", 1, "directives are not allowed"),
    ("namespaces: {}", 1, "'version' is missing"),
    ("version: 2", 1, "'version' is 2, must be 1"),
    ("version: \"1\"", 1, "'version' is not a whole number"),
    ("version: 1.0", 1, "'version' is not a whole number"),
    ("version: 01", 1, "'version' is not a whole number"),
    ("version: 1\n\nnamespace: {}", 3, "unknown key 'namespace' in the policy"),
    ("version: 1\nversion: 1", 2, "duplicate key 'version'"),
    ("version: &a 1", 1, "anchors are not allowed"),
    ("version: 1\nstargate: *a", 2, "aliases are not allowed"),
    ("version: !!int 1", 1, "tags are not allowed"),
    ("version: 1\nstargate: !x {}", 2, "tags are not allowed"),
    ("version: 1\n? [a]\n: b", 2, "key is not a plain word"),
    ("version: 1\nstargate:\n\tbranches: local", 3, "found character that cannot start any token"),
    ("version: 1\nstargate: {", 2, "did not find expected node content"),
    ("version: 1\n# \u{7}\n", 2, "control characters are not allowed"),
    ("version: " + String(repeating: "[", count: 40), 1, "nested deeper than 16 levels"),
    ("version: 1\nstargate: x", 2, "stargate is not a mapping but a value"),
    ("version: 1\nstargate:\nnamespaces: {}", 2, "stargate is not a mapping but nothing"),
    ("version: 1\nstargate:\n  branches: keep", 3, "'branches' is none of relay, local, reject"),
    ("version: 1\nstargate:\n  push_url: --upload-pack=x", 3, "'push_url' is not a url"),
    ("version: 1\nstargate:\n  push_url: \"a\\tb\"", 3, "'push_url' is not a url"),
    ("version: 1\nstargate:\n  push_url: ' a'", 3, "'push_url' is not a url"),
    ("version: 1\nstargate:\n  push_url: ''", 3, "'push_url' holds a value, not a string"),
    ("version: 1\nstargate:\n  push_url: true", 3, "'push_url' holds 'true', not a string; quote it"),
    ("version: 1\nstargate:\n  read_url: [x]", 3, "'read_url' holds a list, not a string"),
    (
      "version: 1\nstargate:\n  require_mirror_ack_by_default: yes", 3,
      "'require_mirror_ack_by_default' is neither true nor false"
    ),
    (
      "version: 1\nstargate:\n  mirror:\n    max_pushes_per_minute: 0", 4,
      "'max_pushes_per_minute' is 0, must be 1 to 60000"
    ),
    ("version: 1\nstargate:\n  mirror:\n    burst: 1", 4, "unknown key 'burst' in mirror"),
    ("version: 1\nnamespaces:\n  Main: {}", 3, "'Main' is not a namespace name"),
    ("version: 1\nnamespaces:\n  main:", 3, "namespace 'main' is not a mapping but nothing"),
  ]) func badFile(text: String, line: Int, message: String) {
    Self.expect(line, message) { try Self.parse(text) }
  }

  /// One mistake a row in the block of a namespace, which starts on line 4.
  @Test(arguments: [
    ("max_value_inlin: 1MiB", 4, "unknown key 'max_value_inlin' in namespace 'main'"),
    ("ledger_mode: merge", 4, "'ledger_mode' is none of linear"),
    ("require_signed_commits: no", 4, "'require_signed_commits' is none of true, false, all"),
    ("require_signed_commits: 'false'", 4, "'require_signed_commits' is none of true, false, all"),
    ("max_value_inline: 1MB", 4, "'max_value_inline' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_inline: -1", 4, "'max_value_inline' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_inline: 1 MiB", 4, "'max_value_inline' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_total: 9007199254740992GiB", 4, "'max_value_total' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_total: 99999999999999999999", 4, "'max_value_total' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_total: {}", 4, "'max_value_total' is not a size (bytes, or with KiB, MiB, GiB)"),
    ("max_value_total: 1KiB\nmax_value_inline: 1025", 5, "'max_value_inline' is above 'max_value_total'"),
    ("chunking:\n  mode: rabin", 5, "'mode' is none of fastcdc, fixed"),
    ("chunking:\n  min: 63", 5, "chunk sizes are not within 64 to 16777216 bytes"),
    ("chunking: {min: 1MiB, avg: 1MiB, max: 17MiB}", 4, "chunk sizes are not within 64 to 16777216 bytes"),
    ("chunking:\n  min: 2MiB", 5, "chunk sizes are not min <= avg <= max (2097152, 262144, 1048576 bytes)"),
    ("chunking: {avg: 2MiB}", 4, "chunk sizes are not min <= avg <= max (65536, 2097152, 1048576 bytes)"),
    ("allowed_prefixes: cfg", 4, "'allowed_prefixes' is not a list but a value"),
    ("allowed_prefixes:\n- a\n- ''", 6, "'allowed_prefixes' holds a value, not a string"),
    ("allowed_prefixes:\n- cfg:", 5, "'allowed_prefixes' holds a mapping, not a string"),
    ("allowed_prefixes: [1]", 4, "'allowed_prefixes' holds '1', not a string; quote it"),
    ("writers:\n- ssh-dss AAAA", 5, "'writers': unknown key type 'ssh-dss'"),
    ("writers:\n- a\n- b", 5, "'writers': key line is not '<type> <base64> [comment]'"),
    ("writers:", 4, "'writers' is not a list but nothing"),
    ("forbidden: [lfs]", 4, "forbidden is not a mapping but a value"),
    ("forbidden: [{}]", 4, "'forbidden' has an empty entry"),
    ("forbidden: [{exe: true}]", 4, "unknown key 'exe' in forbidden"),
    ("retention: {ttl_default: 30}", 4, "'ttl_default' is not a duration (a number above 0 with s, m, h or d)"),
    ("retention: {ttl_default: 0s}", 4, "'ttl_default' is not a duration (a number above 0 with s, m, h or d)"),
    ("retention: {ttl_max: 1w}", 4, "'ttl_max' is not a duration (a number above 0 with s, m, h or d)"),
    (
      "retention: {ttl_max: 106751991167301d}", 4,
      "'ttl_max' is not a duration (a number above 0 with s, m, h or d)"
    ),
    ("retention:\n  ttl_max: 1h\n  ttl_default: 1d", 6, "'ttl_default' is above 'ttl_max'"),
    ("retention: {epochs: 0}", 4, "'epochs' is 0, must be 1 to 1000000"),
    ("verify: none", 4, "'verify' is none of full, sample, attest, deep"),
    ("sample_size: 0", 4, "'sample_size' is 0, must be 1 to 1000000"),
    ("etag: md5", 4, "'etag' is none of blake3, blake2b"),
  ]) func badNamespace(block: String, line: Int, message: String) {
    let indented = block.split(separator: "\n").map { "    \($0)\n" }.joined()
    Self.expect(line, message) { try Self.parse("version: 1\nnamespaces:\n  main:\n\(indented)") }
  }

  @Test func notUTF8() {
    let bytes = Array("version: 1\n# ".utf8) + [0xff, 0x0a]
    Self.expect(2, "invalid leading UTF-8 octet") { try Policy.parse(bytes, file: "policy.yaml") }
    let wide: [UInt8] = [0xff, 0xfe] + Array("version: 1".utf8).flatMap { [$0, 0] }
    Self.expect(1, "invalid leading UTF-8 octet") { try Policy.parse(wide, file: "policy.yaml") }
  }

  @Test func tooLarge() {
    let bytes = Array("version: 1\n".utf8) + [UInt8](repeating: 0x0a, count: 1 << 20)
    Self.expect(1, "file is larger than 1048576 bytes") { try Policy.parse(bytes, file: "policy.yaml") }
  }

  @Test func errorNamesFileAndLine() {
    #expect(PolicyError(file: "a.yaml", line: 3, message: "no").description == "a.yaml:3: no")
  }

  static func expect(_ line: Int, _ message: String, from parse: () throws -> Policy) {
    #expect(throws: PolicyError(file: "policy.yaml", line: line, message: message)) { try parse() }
  }
}
