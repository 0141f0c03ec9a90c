import Testing

/// `git kv history`, `show`, `diff` and `get --at`: what was, from a clone that has only the last epoch.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct LookBackStories {
  @Test(arguments: ObjectFormat.allCases) func threeEpochs(_ format: ObjectFormat) throws {
    let made = try HistoryWorld(format)
    let clone = try made.fresh("fresh")
    #expect(try clone.repo.must("rev-list", "--count", "refs/kv/main") == "2")
    let first = try made.dev.kv("history", "--json", "--epochs", "k").lines.last?["ledger"]?.string ?? ""
    #expect(try clone.kv("get", "--offline", "--at", first, "k").failed(1, "of which E2, E1 is not here"))

    // This epoch, and a word about the others.
    let here = try clone.kv("history", "k")
    #expect(here.text.split(separator: "\n").count == 1, "\(here.text)")
    #expect(here.errors == "kv: note: there are older epochs: E2, E1; --epochs looks at them too\n")
    #expect(try clone.kv("history", "--quiet", "k").errors == "")
    let other = try clone.kv("history", "other")
    #expect(other.ok && other.text == "", "\(other.text)\(other.errors)")
    #expect(try clone.kv("history", "none").failed(1, "in epoch 'E3'; --epochs looks at older ones too"))

    let all = try clone.kv("history", "--json", "--epochs", "k")
    #expect(all.ok && all.errors == "", "\(all.errors)")
    #expect(all.lines.map { $0["op"]?.string } == ["set", "set", "deleted", "set", "set"])
    #expect(all.lines.map { $0["epoch"]?.string } == ["E3", "E2", "E2", "E1", "E1"])
    #expect(all.lines.map { $0["at"]?.string } == [9, 7, 6, 3, 2].map(HistoryWorld.day))
    #expect(all.lines.map { $0["size"]?.int } == [5, 3, nil, 30_000, 3])
    #expect(all.lines.map { $0["type"]?.string } == ["inline", "inline", nil, "chunked", "inline"])
    #expect(all.lines.map { $0["signature"]?["key"]?.string } == ["second", "writer", "writer", "writer", "writer"])
    #expect(all.lines.allSatisfy { $0["signature"]?["status"]?.string == "good" && $0["key"]?.string == "k" })
    let again = all.lines[1]
    #expect(again["message"]?.string == "k: again\n\nat last" && again["by"]?.string == "Dev <dev@example.org>")
    let trailer = JSON.object(["name": .string("Approved-by"), "value": .string("Ada <a@b.org>")])
    #expect(again["trailers"] == .array([trailer]))
    #expect(try clone.kv("history", "--epochs", "--limit", "2", "--json", "k").lines == Array(all.lines.prefix(2)))
    let words = try clone.must("history", "--epochs", "k").split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(words[1].last == "Approved-by: Ada <a@b.org>" && words[1].contains("k: again"), "\(words)")
    #expect(words[2].prefix(4) == [Substring(HistoryWorld.day(6)), "deleted", "-", "-"], "\(words)")
    #expect(try clone.kv("history", "--epochs", "none").failed(1, "no version of 'none'"))
    // From a folder in the work tree, whatever the user told git to do with logs.
    try clone.repo.must("config", "log.follow", "true")
    try clone.repo.must("config", "log.showRoot", "false")
    var inside = clone
    inside.directory = "\(clone.repo.path)/.kv"
    #expect(try inside.kv("history", "--json", "--epochs", "k").lines == all.lines)
  }

  @Test func valuesOfOldMoments() throws {
    let made = try HistoryWorld()
    let clone = try made.fresh("fresh")
    func at(_ moment: String, _ more: String...) throws -> Outcome {
      try clone.kv(["get", "--at", moment] + more + ["k"], [])
    }
    #expect(try at("2026-11-02T10:00:00Z").text == "one")
    #expect(try at("2026-11-02T09:59:59Z").failed(1, "no such key at '2026-11-02T09:59:59Z': 'k'"))
    // The first epoch was needed, the second was not.
    let cut = try clone.kv("history", "--epochs", "--offline", "k")
    #expect(cut.status == 5 && cut.errors.contains("E2"), "\(cut.errors)")
    #expect(try at("2026-11-04").text == HistoryWorld.big)
    #expect(try at("17d", "--range", "10-12").text == "012")
    #expect(try at("2026-11-07").status == 1)
    #expect(try at("2026-11-30").text == "three")
    #expect(try at("2026-10-31").failed(1, "'2026-10-31' is before the beginning of 'main', 2026-11-01T10:00:00Z"))
    let old = try clone.kv("history", "--json", "--epochs", "k").lines
    let (two, one) = (old[1], old[4])
    let txn = two["txn"]?.string ?? ""
    let report = try clone.json("get", "--at", txn, "k")
    #expect(report["value"]?.string == "two" && report["ledger"] == two["ledger"], "\(report)")
    #expect(try at(String((one["ledger"]?.string ?? "").prefix(10))).text == "one")
    let file = made.world.box.path("out")
    #expect(try at(one["ledger"]?.string ?? "", "--output", file).ok)
    #expect(try Files.text(file) == "one")
    // What has expired since had not then.
    #expect(try clone.kv("get", "--at", "2026-11-04T12:00:00Z", "other").text == "x")
    #expect(try clone.kv("get", "--at", "2026-11-05", "other").failed(7, "has expired at '2026-11-05'"))
    #expect(try clone.kv("get", "--at", "2026-11-05", "--allow-expired", "other").ok)

    // A commit that is here needs nobody; a transaction made today is found by its time, one of old days by a walk.
    try clone.repo.must("remote", "set-url", "origin", made.world.box.path("nowhere"))
    #expect(try at(txn).text == "two")
    #expect(try at("refs/kv/main").text == "three")
    #expect(try at("2026-11-09").status == 5)
    #expect(try at("2026-11-09", "--offline").text == "two")

    // Two moments side by side.
    func diff(_ arguments: String...) throws -> Outcome { try clone.kv(["diff", "--offline"] + arguments, []) }
    #expect(try diff("2026-11-03", "2026-11-03").text == "")
    let changed = try diff("2026-11-03").text.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(changed.map { [$0[0], $0[1], $0[2], $0[5]] } == [["~", "3", "5", "k"], ["+", "-", "1", "other"]])
    let back = try diff("--json", "refs/kv/main", one["ledger"]?.string ?? "").lines
    #expect(back.map { $0["op"]?.string } == ["changed", "removed"])
    #expect(back[0]["before"]?["size"]?.int == 5 && back[0]["after"]?["etag"] == one["etag"])
    #expect(try diff("--prefix", "o", "2026-11-03").text.split(separator: "\n").count == 1)
    let lost = try diff("2026-11-04", "2026-11-07").text
    #expect(lost.hasPrefix("-\t30000\t-\tblake3:"), "\(lost)")
  }

  @Test func oneTransaction() throws {
    let made = try HistoryWorld()
    var clone = made.dev
    clone.env["KV_NOW"] = HistoryWorld.day(20)
    try clone.must(
      "mset", "--file", "-", input: #"{"op":"set","key":"a b","value":"1"}"# + "\n" + #"{"op":"del","key":"k"}"#)
    let tip = try clone.repo.must("rev-parse", "refs/kv/main")
    let shown = try clone.json("show", "refs/kv/main")
    let index = try clone.repo.must("rev-parse", "refs/kv-index/main")
    #expect(shown["ledger"]?.string == tip && shown["index"]?.string == index)
    #expect(shown["del"] == .array([.string("k")]) && shown["epoch"]?.string == "E3")
    if case .array(let set) = shown["set"] {
      #expect(set.count == 1 && set[0]["key"]?.string == "a b" && set[0]["size"]?.int == 1)
    } else {
      Issue.record("\(shown)")
    }
    let text = try clone.must("show", shown["txn"]?.string ?? "")
    #expect(text.contains("signature: good (writer)\n") && text.contains("\ninline\t\"a b\"\n") == false, "\(text)")
    #expect(text.hasSuffix("inline\t\"a b\"\n-\t-\t-\t-\tk"), "\(text)")
    // The chunks commit of an old epoch, and the first commit of one, which changes nothing.
    let big = try clone.json("show", "2026-11-04")
    #expect(big["chunks"]?.string != nil && big["epoch"]?.string == "E1", "\(big)")
    let root = try clone.json("show", "2026-11-09")
    #expect(root["parent_epoch"]?.string == "E2" && root["set"] == .array([]) && root["del"] == .array([]), "\(root)")

    // What became of a signature.
    func status(_ commit: String) throws -> String? { try clone.json("show", commit)["signature"]?["status"]?.string }
    func forged(_ change: String) throws -> String {
      try clone.repo.box.must(
        ["sh", "-c", "git cat-file commit \(tip) | \(change) | git hash-object -t commit -w --stdin"],
        in: clone.repo.path)
    }
    #expect(try status(try forged("sed 's/^kv: set/kv: SET/'")) == "bad")
    #expect(try status(try forged("sed '/^gpgsig/,/END SSH/d'")) == "unsigned")
    let policy = "\(clone.repo.path)/.kv/policy.yaml"
    let full = try Files.text(policy)
    try Files.write(policy, full.replacing("      - \"\(Keys.second.line) second\"\n", with: ""))
    let untrusted = try clone.json("show", "2026-11-10")["signature"]
    #expect(untrusted?["status"]?.string == "untrusted" && untrusted?["key"]?.string?.hasPrefix("SHA256:") == true)
    Files.remove(policy)
    #expect(try status(tip) == "unchecked")
  }

  /// A value that goes into chunks, and into others, within one second keeps its metadata.
  @Test func oneSecond() throws {
    let world = try World.large()
    var clone = try world.alone()
    clone.env["KV_NOW"] = "2026-11-25T12:00:00Z"
    let value = String(repeating: "text ", count: 200)
    let policy = "\(clone.repo.path)/.kv/policy.yaml"
    let small = try Files.text(policy)
    let inline = small.replacing("max_value_inline: \(SmallChunks.maxInline)", with: "max_value_inline: 4KiB")
    try Files.write(policy, inline)
    try clone.must("set", "k", value)
    let path = try clone.repo.must("ls-tree", "-r", "--name-only", "refs/kv/main", "kv/main/meta")
    let meta = try clone.repo.must("rev-parse", "refs/kv/main:\(path)")
    for text in [small, small.replacing("max: \(SmallChunks.max)", with: "max: 512")] {
      try Files.write(policy, text)
      try clone.must("set", "k", value)
      #expect(try clone.repo.must("rev-parse", "refs/kv/main:\(path)") == meta)
    }
    let lines = try clone.kv("history", "--json", "k").lines
    #expect(lines.map { $0["type"]?.string } == ["chunked", "chunked", "inline"])
    #expect(Set(lines.compactMap { $0["blob"]?.string }).count == 3)
    #expect(try clone.kv("history", "--json", "--limit", "2", "k").lines == Array(lines.prefix(2)))
    // What is missing is not taken for deleted.
    try clone.must("del", "k")
    #expect(try clone.must("history", "k").split(separator: "\n").count == 4)
    let blob = lines.last?["blob"]?.string ?? ""
    Files.remove("\(clone.repo.path)/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
    let cut = try clone.kv("history", "k")
    #expect(cut.status == 5 && cut.errors.contains("an object of 'k' is missing here: \(blob)"), "\(cut.errors)")
  }
}
