/// What somebody tried who had read the verifier: each of these got through, or cost too much, once.
enum HostileRows {
  static let all: [Row] =
    [
      // Where a ref is missing, git lets a branch or tag of that name answer for it.
      ref("a branch named like a ref of ours", "refs/heads/refs/kv/main"),
      ref("a tag named like a ref of ours", "refs/tags/refs/kv-index/main"),
      ref("a replace ref", "refs/replace/0123456789012345678901234567890123456789"),
      ref("a namespace with a combining accent", "refs/kv\u{301}/main"),
      Row.commits("a commit of 70 KiB", 8, says: "more than") { plan in
        plan.ledger.message = Array(repeating: 0x78, count: 70 << 10) + Array("\n\n".utf8) + plan.ledger.messageBytes
      },
      Row.trees("an LFS pointer behind an empty line", 3, says: "LFS", of: Row.set("cfg:lfs", Value("\n \(lfs)"))) {
        _ in
      },
      Row.trees(
        "an LFS pointer behind an extension line", 3, says: "LFS",
        of: Row.set("cfg:lfs", Value("ext-0-x sha256:00\n\(lfs)"))
      ) { _ in },
      Row.trees("a lifetime that begins in a far future", 3, says: "ttl_max", of: future) { _ in }
        .under(PolicyRows.retention("ttl_max: 30d")),
    ].map(\.unseen)
    + [
      Row.trees("a creator with a C1 control", 8, says: "created_by", of: creator("a\u{9b}b")) { _ in },
      Row.trees("a creator with a line separator", 8, says: "created_by", of: creator("a\u{2028}b")) { _ in },
      Row.trees("an etag that is not its bytes', at deep", 8, says: "etag") { _ in }.under(deep).passing(),
    ].map(\.unseen)

  /// V10: etags are computed from the bytes. `printf abc | b2sum`
  static let deep = Template.policy("forbidden:", "verify: deep\n    forbidden:")
  @Sendable static func abc(_ store: inout Store) {
    var value = Value("abc")
    value.etag =
      "blake2b:ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
      + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    store.entries["cfg:new"] = value
  }

  private static func ref(_ name: String, _ ref: String) -> Row {
    Row.pushed(name, 3) { push, plan in push[ref] = plan.ledgerID }
  }

  private static let lfs =
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 1\n"

  @Sendable private static func future(_ store: inout Store) {
    var value = Value("new", ttl: "9999-12-30T00:00:00Z")
    value.createdAt = "9999-12-01T00:00:00Z"
    store.entries["cfg:new"] = value
  }

  private static func creator(_ name: String) -> @Sendable (inout Store) -> Void {
    { store in
      var value = Value("new")
      value.createdBy = name
      store.entries["cfg:new"] = value
    }
  }
}
