/// The failing commands, by the code they end with.
extension ExitCodeStories {
  static func fails(
    _ name: String, _ code: Int32, _ says: String, _ arguments: [String], input: String = "",
    after prepare: @escaping @Sendable (World, Clone) throws -> Void = { _, _ in }
  ) -> Failure {
    Failure(name: name, code: code, says: says, arguments: arguments, input: input, prepare: prepare)
  }

  static let all: [Failure] =
    absent + conflicts + refused + keys + trouble + expired + attested + late + usage + batches

  static let absent = [
    fails("get an absent key", 1, "cfg:none", ["get", "cfg:none"]),
    fails("get a deleted key", 1, "cfg:gone", ["get", "cfg:gone"]),
    fails("a snapshot of nothing", 1, "'other' is empty", ["snapshot", "--ns", "other", "--export", "out"]),
    fails("the history of a key that never was", 1, "no version of 'cfg:none'", ["history", "cfg:none"]),
    fails(
      "a transaction that never was", 1, "no transaction 01ARYZ6S410000000000000000 in the history of 'main'",
      ["show", "01ARYZ6S410000000000000000"]),
    fails(
      "a commit that never was", 1, "no commit 1111111111", ["rollback", String(repeating: "1", count: 40)]),
    fails("before the beginning", 1, "before the beginning", ["get", "--at", "2001-01-01", "cfg:a"]),
    fails("delete an absent key", 1, "cfg:none", ["del", "cfg:none"]),
    fails("delete two keys of which one is absent", 1, "cfg:none", ["del", "cfg:a", "cfg:none"]),
    fails(
      "delete in a batch what is absent", 1, "cfg:none", ["mset", "--file", "-"],
      input: #"{"op":"del","key":"cfg:none"}"#),
  ]

  static let conflicts = [
    fails(
      "compare with another tree", 2, "tree",
      ["cas", "set", "cfg:a", "x", "--expect-tree", String(repeating: "1", count: 40)]),
    fails(
      "compare with the tree before someone else's write", 2, "", ["cas", "set", "cfg:a", "x", "--expect-tree", "TREE"]
    ) { world, _ in
      try world.clone("other").must("set", "cfg:b", "theirs")
    },
  ]

  static let refused = [
    fails(
      "a value above the limit", 3, "max_value_inline", ["set", "cfg:big", "-"],
      input: String(repeating: "x", count: 65_537)),
    fails("not a writer", 3, "sign", ["set", "cfg:a", "x"]) { _, clone in
      try clone.repo.must("config", "user.signingKey", Keys.stranger.path)
    },
    fails("a rollback by somebody who is no writer", 3, "sign", ["rollback", "refs/kv/main~1"]) { _, clone in
      try clone.repo.must("config", "user.signingKey", Keys.stranger.path)
    },
    fails("an unknown namespace", 3, "nobody", ["--ns", "nobody", "push"]) { _, clone in
      try clone.must("--ns", "nobody", "init")
    },
    fails("a prefix that the clone's policy forbids", 3, "cfg:x", ["set", "cfg:x", "x"]) { _, clone in
      try Files.makeFolder(clone.repo.path + "/.kv")
      try Files.write(clone.repo.path + "/.kv/policy.yaml", prefixes)
    },
    fails("a prefix that only the server forbids", 3, "cfg:x", ["set", "cfg:x", "x"]) { world, _ in
      try world.gate.setPolicy(prefixes)
    },
    fails("a policy on the server with a typo", 3, "policy.yaml:5", ["set", "cfg:x", "x"]) { world, _ in
      try world.gate.setPolicy(World.policy.replacing("  main:", with: "  main: 1\n  mian:"))
    },
    fails(
      "an LFS pointer", 3, "LFS", ["set", "cfg:x", "-"],
      input: "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "4", count: 64))\nsize 12345\n"
    ) { world, _ in
      try world.gate.setPolicy(World.policy.replacing("max_value", with: "forbidden: [{ lfs: true }]\n    max_value"))
    },
  ]

  static let prefixes = World.policy.replacing("max_value", with: "allowed_prefixes: [\"user:\"]\n    max_value")

  static let keys =
    ["", "a\nb", "a\tb", "\u{1b}", "\u{7f}", String(repeating: "k", count: 1025), String(repeating: "é", count: 513)]
    .map { key in
      fails("set the key \(JSON.quote(String(key.prefix(12))))", 4, "key", ["set", key, "x"])
    } + [
      fails("get an invalid key", 4, "key", ["get", "a\nb"]),
      fails("delete an invalid key", 4, "key", ["del", "a\nb"]),
      fails("compare and set an invalid key", 4, "key", ["cas", "set", "a\nb", "x", "--expect-tree", "TREE"]),
      fails(
        "an invalid key in a batch", 4, "2", ["mset", "--file", "-"],
        input: #"{"op":"set","key":"a","value":"x"}"# + "\n" + #"{"op":"set","key":"a\nb","value":"x"}"# + "\n"),
    ]

  static let trouble = [
    fails("a file that is not there", 5, "nowhere", ["set", "cfg:a", "--file", "nowhere"]),
    fails("a file that is a folder", 5, ".git", ["set", "cfg:a", "--file", ".git"]),
    fails("a snapshot that is not there", 5, "nowhere", ["import", "nowhere"]),
    fails("a place that no snapshot can take", 5, "nowhere", ["snapshot", "--export", "nowhere/x"]),
    fails("a batch that is not there", 5, "nowhere", ["mset", "--file", "nowhere"]),
    fails(
      "a file in a batch that is not there", 5, "nowhere", ["mset", "--file", "-"],
      input: #"{"op":"set","key":"a","file":"nowhere"}"#),
    fails("a remote that is not there", 5, "", ["set", "cfg:a", "x"]) { world, clone in
      try clone.repo.must("remote", "set-url", "origin", world.box.path("nowhere.git"))
    },
    fails("a host that nobody answers at", 5, "", ["get", "cfg:a", "--read-from=stargate"]) { _, clone in
      try clone.repo.must("remote", "set-url", "origin", "ssh://127.0.0.1:1/nowhere.git")
    },
    fails("a mirror that nobody answers at", 5, "nowhere.git", ["wait", "--timeout", "0s"]) { world, clone in
      try split(world, clone, "nowhere.git")
    },
    fails("nothing to wait for", 5, "empty", ["wait", "--ns", "other"]),
    fails(
      "a commit that is not here, without a remote", 5, "no remote",
      ["wait", "--oid", String(repeating: "1", count: 40)]
    ) { _, clone in try clone.repo.must("remote", "remove", "origin") },
    fails("a mirror that nobody answers at, watched", 5, "nowhere.git", ["watch", "--follow"]) { world, clone in
      try split(world, clone, "nowhere.git")
    },
    fails(
      "an event that is not in the feed", 5, "is not in the watchlog of 'main'",
      ["watch", "--since", String(repeating: "1", count: 40)]),
    fails("a command that fails on an event", 5, "the command ended with 3", ["watch", "--exec", "exit 3"]) {
      _, clone in try clone.repo.must("remote", "remove", "origin")
    },
    fails("no remote to push to", 5, "remote", ["push"]) { _, clone in try clone.repo.must("remote", "remove", "origin")
    },
    fails("no remote to read from", 5, "remote", ["get", "cfg:a", "--read-from=stargate"]) { _, clone in
      try clone.repo.must("remote", "remove", "origin")
    },
    fails("no remote to set up", 5, "remote", ["remote", "setup"]) { _, clone in
      try clone.repo.must("remote", "remove", "origin")
    },
    fails("a signing key that is not there", 5, "", ["set", "cfg:a", "x"]) { world, clone in
      try clone.repo.must("config", "user.signingKey", world.box.path("no-key"))
    },
    fails("a damaged object", 5, "", ["get", "cfg:a", "--offline"]) { _, clone in
      let id = try clone.repo.must("rev-parse", "refs/kv/main:\(Names.data("main", Array("cfg:a".utf8)))")
      try clone.repo.must("repack", "-adq")
      try clone.repo.must("unpack-objects", "-q", input: try packs(clone))
      Files.remove("\(clone.repo.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))")
    },
  ]

  /// Takes the only pack out of the repository.
  private static func packs(_ clone: Clone) throws -> [UInt8] {
    let folder = "\(clone.repo.path)/.git/objects/pack"
    let names = Files.tree(folder)
    guard let pack = names.first(where: { $0.hasSuffix(".pack") }) else { throw Broken("no pack") }
    let bytes = try Files.read("\(folder)/\(pack)")
    for name in names { Files.remove("\(folder)/\(name)") }
    return bytes
  }

  static let expired = [fails("an expired value", 7, "expired", ["get", "cfg:expired"])]

  static let attested = [
    fails("a transaction that is no good", 8, "Keys-Set", ["push"]) { world, clone in
      let forge = try Forge(world.box, "forge.git")
      try forge.repo.must("fetch", "-q", clone.repo.path, "refs/kv/*:refs/l/*", "refs/kv-index/*:refs/i/*")
      let trees = try ["l", "i"].map { try forge.repo.must("rev-parse", "refs/\($0)/main^{tree}") }
      let tips = try ["l", "i"].map { try forge.repo.must("rev-parse", "refs/\($0)/main") }
      var plan = forge.plan(Row.nothing)
      plan.sealTrees()
      (plan.ledger.tree, plan.index.tree) = (trees[0], trees[1])
      (plan.ledger.parents, plan.index.parents) = ([tips[0]], [tips[1]])
      (plan.ledger["Base-Tree"], plan.ledger["KV-Index-Tree"]) = (trees[0], trees[1])
      (plan.index["KV-Ledger-Tree"], plan.ledger["Keys-Set"]) = (trees[0], "5")
      try plan.sealCommits()
      try forge.state.objects.write(to: forge.repo)
      try forge.repo.must("update-ref", "refs/l/main", plan.ledgerID)
      try forge.repo.must("update-ref", "refs/i/main", plan.indexID)
      try clone.repo.must("fetch", "-q", forge.repo.path, "refs/l/*:refs/kv/*", "refs/i/*:refs/kv-index/*")
    },
    fails("no snapshot", 8, "standard input:1: ", ["import", "-"], input: "{}\n"),
    fails("an empty snapshot", 8, "standard input:1: ", ["import", "-"]),
    fails("a watchlog that is none", 8, "trailer", ["watch"]) { _, clone in
      try clone.repo.must("remote", "remove", "origin")
      try clone.repo.must("update-ref", "refs/kv-watchlog/main@x", "refs/kv/main")
    },
    fails("a Stargate that is not the leader", 9, "leader", ["set", "cfg:a", "x"]) { world, _ in
      try world.gate.setLeader("elsewhere.example.org")
    },
    fails("a Stargate without a leader", 9, "leader", ["del", "cfg:a"]) { world, _ in
      Files.remove(world.gate.leaderFile)
    },
  ]

  /// Reads from another repository than the Stargate.
  private static func split(_ world: World, _ clone: Clone, _ mirror: String) throws {
    try clone.repo.must("remote", "set-url", "--push", "origin", world.gate.path)
    try clone.repo.must("remote", "set-url", "origin", world.box.path(mirror))
  }

  static let late = [
    fails("a mirror without a watermark", 10, "there is no watermark", ["wait", "--timeout", "0s"]) { world, clone in
      try world.box.must(["git", "init", "-q", "--bare", world.box.path("mirror.git")])
      try split(world, clone, "mirror.git")
    },
    fails(
      "a transaction that was not pushed", 10, "1 behind", ["wait", "--visible-on=stargate", "--timeout", "0s"]
    ) { _, clone in try clone.must("set", "cfg:a", "2", "--no-push") },
    fails(
      "a ledger commit that nobody has", 10, "111",
      ["wait", "--oid", String(repeating: "1", count: 40), "--timeout=0s"]),
  ]

  static let usage =
    [
      ["wait", "--oid", "abcdef"], ["wait", "--oid", ""], ["wait", "--oid=-x"], ["wait", "--oid", "TREE"],
      ["wait", "--oid", "refs/kv-index/main"], ["wait", "--oid", "refs/kv/main", "--ns", "other"],
      ["wait", "--timeout", "soon"], ["wait", "--timeout", "060s"],
      ["wait", "--visible-on=moon"], ["set", "a", "b", "--wait", "--no-push"],
      ["watch", "--since", ""], ["watch", "--since=-x"], ["watch", "--since", "no such"], ["watch", "--from=moon"],
      ["watch", "--follow", "--offline"], ["watch", "frob"],
      ["set", "a", "b", "--wait-timeout", "1"], ["set", "a", "b", "--no-wait", "--wait-timeout", "1s"],
      ["del", "cfg:a", "--wait-timeout", "1s", "--no-push"], ["push", "--wait", "--discard-pending"],
      [], ["frob"], ["get"], ["get", "a", "b"], ["history"], ["history", "a", "--limit", "0"],
      ["diff"], ["show", "refs/kv-index/main"], ["get", "a", "--at", "soon"], ["rollback"], ["set"],
      ["set", "a"], ["set", "a", "b", "c"],
      ["set", "a", "b", "--value", "c"],
      ["set", "a", "b", "--frob"], ["set", "a", "b", "--ctype", ""], ["set", "a", "b", "--ctype", "text/é"],
      ["set", "a", "b", "--ttl", "soon"], ["set", "a", "b", "--trailer", "Epoch: 1"], ["del"], ["mset"], ["cas"],
      ["cas", "set", "a", "b"], ["cas", "set", "a", "b", "--expect-tree", "x"], ["get", "a", "--read-from=moon"],
      ["--ns", "Main", "list"], ["--ns", "", "list"], ["--ns", "a/b", "list"], ["init", "--epoch", "a/b"], ["remote"],
      ["remote", "frob"], ["list", "--frob"], ["push", "frob"], ["snapshot"], ["snapshot", "--export"],
      ["snapshot", "--export", "-", "--at", "refs/kv-index/main"], ["import"], ["import", "-", "--batch", "0"],
      ["import", "-", "--dry-run", "--wait"],
    ].map { fails("usage: \($0.joined(separator: " "))", 64, "", $0) }

  static let batches =
    [
      ("no JSON", "{"), ("a list", "[]"), ("no operation", #"{"key":"a","value":"x"}"#),
      ("an unknown operation", #"{"op":"get","key":"a"}"#), ("no key", #"{"op":"set","value":"x"}"#),
      ("no value", #"{"op":"set","key":"a"}"#),
      ("two values", #"{"op":"set","key":"a","value":"x","value_b64":"eA=="}"#),
      ("bad base64", #"{"op":"set","key":"a","value_b64":"!"}"#),
      ("an unknown member", #"{"op":"set","key":"a","value":"x","frob":1}"#),
      ("a value with a deletion", #"{"op":"del","key":"a","value":"x"}"#),
      ("a bad ttl", #"{"op":"set","key":"a","value":"x","ttl":"1y"}"#),
      ("a value that is a number", #"{"op":"set","key":"a","value":1}"#),
    ].map { name, line in
      fails(
        "a batch with \(name)", 64, "3", ["mset", "--file", "-"],
        input: #"{"op":"set","key":"cfg:b1","value":"x"}"# + "\n" + #"{"op":"set","key":"cfg:b2","value":"x"}"# + "\n"
          + line + "\n")
    }
}
