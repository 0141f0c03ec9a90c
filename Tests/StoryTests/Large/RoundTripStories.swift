import Testing

/// Values of every size that means something come back as they went in, whichever way they went.
@Suite(.enabled(if: Installed.ready, "KV_TEST_PREFIX has no programs"))
struct RoundTripStories {
  /// A store to write to, and to read from.
  struct Place: Sendable, CustomTestStringConvertible {
    let way: Way
    let mode: String
    let hasStargate: Bool
    var testDescription: String { "\(mode), \(hasStargate ? way.testDescription : "\(way.format), no remote")" }
  }

  static let places = [
    Place(way: Way(format: .sha1, transport: .path), mode: "fastcdc", hasStargate: true),
    Place(way: Way(format: .sha256, transport: .ssh), mode: "fastcdc", hasStargate: true),
    Place(way: Way(format: .sha256, transport: .path), mode: "fixed", hasStargate: true),
    Place(way: Way(format: .sha1, transport: .path), mode: "fixed", hasStargate: false),
    Place(way: Way(format: .sha256, transport: .path), mode: "fastcdc", hasStargate: false),
  ]

  /// Around every limit of the policy, and above all of them.
  static let sizes =
    [0, 1]
    + [SmallChunks.maxInline, SmallChunks.min, SmallChunks.avg, SmallChunks.max].flatMap { [$0 - 1, $0, $0 + 1] }
    + [20_000]

  @Test(arguments: places) func everySize(_ place: Place) throws {
    let world = try World.large(place.way, policy: SmallChunks.policy(place.mode))
    let clone = try place.hasStargate ? world.begin() : world.alone()
    let file = clone.path("value")
    for (at, size) in Self.sizes.enumerated() {
      let bytes = Bytes(noise: size, seed: size)
      try Files.write(file, bytes.all)
      // Every size takes one way in, and the next size another.
      let outcome =
        switch at % 4 {
        case 0: try clone.kv("set", "cfg:\(size)", file)
        case 1: try clone.kv("set", "cfg:\(size)", "--file", file)
        case 2: try clone.kv(["set", "cfg:\(size)", "-"], bytes.all)
        default: try world.box.run(["sh", "-c", "git kv set cfg:\(size) - <'\(file)'"], in: clone.repo.path)
        }
      #expect(outcome.ok && outcome.err.isEmpty, "\(size): \(outcome.errors)")
    }
    let reader = try place.hasStargate ? world.policed("reader") : clone
    for size in Self.sizes {
      let bytes = Bytes(noise: size, seed: size)
      #expect(try clone.value("cfg:\(size)", "--offline") == bytes, "\(size)")
      try reader.must("get", "cfg:\(size)", "--output", reader.path("got"))
      #expect(try Bytes(file: reader.path("got")) == bytes, "\(size) in a file")
    }
    let listed = try clone.must("list", "--json", "--offline").split(separator: "\n").compactMap { JSON(String($0)) }
    #expect(listed.count == Self.sizes.count)
    for line in listed {
      let size = line["size"]?.int ?? -1
      #expect(line["key"]?.string == "cfg:\(size)")
      #expect(line["type"]?.string == (size > SmallChunks.maxInline ? "chunked" : "inline"), "\(size)")
    }
    #expect(try clone.must("verify", "--all").hasPrefix("checked \(Self.sizes.count), not here 0, wrong 0;"))
    if place.mode == "fixed" {
      let cut = try clone.repo.manifest("cfg:20000", world.format).chunks.map(\.size)
      #expect(cut == Array(repeating: 256, count: 78) + [32])
    }
    #expect(try Invariants.broken(place.hasStargate ? world.gate.repo : clone.repo, format: world.format) == [])
  }

  /// The same bytes are the same chunks, whichever way they came, and whoever set them.
  @Test func everyWayIn() throws {
    let world = try World.large()
    let clone = try world.begin()
    let text = (0..<900).map { "\($0 * $0 % 977) " }.joined()
    let file = clone.path("value")
    try Files.write(file, text)
    let ways = [
      ("file", "git kv set cfg:file '\(file)'"), ("flag", "git kv set cfg:flag --file '\(file)'"),
      ("pipe", "cat '\(file)' | git kv set cfg:pipe -"), ("stdin", "git kv set cfg:stdin - <'\(file)'"),
      ("value", "git kv set cfg:value --value \"$(cat '\(file)')\""),
      ("slow", "{ head -c 50; sleep 0.05; cat; } <'\(file)' | git kv set cfg:slow -"),
      ("rest", "{ head -c 0; git kv set cfg:rest -; } <'\(file)'"),
      ("fifo", "mkfifo ../fifo; cat '\(file)' >../fifo & git kv set cfg:fifo --file ../fifo; wait"),
      ("small", "git kv set cfg:small --max-inline 10 '\(file)'"),
      ("batch", "printf '{\"op\":\"set\",\"key\":\"cfg:batch\",\"file\":\"%s\"}' '\(file)' | git kv mset --file -"),
    ]
    for (name, line) in ways {
      let outcome = try world.box.run(["sh", "-c", line], in: clone.repo.path)
      #expect(outcome.ok && outcome.err.isEmpty, "\(name): \(outcome.errors)")
    }
    let first = try clone.repo.manifest("cfg:file", .sha1)
    #expect(first.chunks.count > 5 && first.size == text.utf8.count)
    for (name, _) in ways {
      #expect(try clone.kv("get", "cfg:\(name)").text == text, "\(name)")
      #expect(try clone.repo.manifest("cfg:\(name)", .sha1).chunks == first.chunks, "\(name)")
    }
    #expect(try world.chunks().count == Set(first.chunks).count)
    #expect(try world.broken() == [])
  }

  /// A value that would fit inline is cut where the user wants it; no longer than the policy allows stays inline.
  @Test func maxInline() throws {
    let world = try World.large()
    let clone = try world.begin()
    for (size, limit, type) in [
      (0, "0", "inline"), (1, "0", "chunked"), (50, "49", "chunked"), (50, "50", "inline"), (60, "60", "inline"),
    ] {
      let bytes = Bytes(noise: size)
      try clone.set("cfg:a", bytes, "--max-inline", limit)
      #expect(try clone.json("get", "cfg:a")["type"]?.string == type, "\(size) with \(limit)")
      #expect(try clone.value("cfg:a") == bytes)
    }
    #expect(try world.broken() == [])
  }

  /// One key goes from inline to chunks and back; a transaction holds both kinds.
  @Test(arguments: ObjectFormat.allCases) func fromOneKindToTheOther(_ format: ObjectFormat) throws {
    let world = try World.large(Way(format: format, transport: .path))
    let clone = try world.begin()
    let large = Bytes(noise: 3000)
    for bytes: Bytes in [[1], large, [], Bytes(noise: 5000), large] {
      try clone.set("cfg:a", bytes)
      #expect(try clone.value("cfg:a") == bytes)
    }
    try Files.write(clone.path("large"), large.all)
    let lines = [
      #"{"op":"set","key":"cfg:a","value":"small"}"#, #"{"op":"set","key":"cfg:b","file":"../large"}"#,
      #"{"op":"set","key":"cfg:c","file":"../large","ctype":"text/x"}"#,
      #"{"op":"set","key":"cfg:d","value":"\#(String(repeating: "long ", count: 400))"}"#,
    ]
    try clone.must("mset", "--file", "-", input: lines.joined(separator: "\n") + "\n")
    #expect(try clone.value("cfg:a") == Bytes("small".utf8))
    #expect(try clone.value("cfg:b") == large && clone.value("cfg:c") == large)
    #expect(try clone.json("get", "cfg:c")["ctype"]?.string == "text/x")
    #expect(try clone.value("cfg:d").count == 2000)
    let listed = try clone.must("list", "--long").split(separator: "\n").map(String.init)
    #expect(listed.contains("3000\tapplication/octet-stream\t-\tcfg:b"))
    try clone.must("del", "cfg:b")
    #expect(try clone.kv("get", "cfg:b").status == 1)
    #expect(try clone.value("cfg:c") == large)
    #expect(try world.broken() == [])
  }

  /// Set again what is there already: nothing happens.
  @Test func theSameAgain() throws {
    let world = try World.large()
    let clone = try world.begin()
    try clone.set("cfg:a", Bytes(noise: 3000), "--ctype", "text/x")
    let before = try world.gate.repo.refs()
    let outcome = try clone.json("set", "cfg:a", "x")
    #expect(outcome["set"]?.int == 1)
    try clone.set("cfg:a", Bytes(noise: 3000), "--ctype", "text/x")
    let after = try world.gate.repo.refs()
    #expect(before[Repo.chunksRef] == after[Repo.chunksRef], "the chunks were there all the time")
    #expect(before["refs/kv/main"] != after["refs/kv/main"])
  }

  /// An etag of another program over the whole value, checked by the server from the chunks.
  @Test func blake2b() throws {
    let world = try World.large(policy: SmallChunks.policy("fastcdc", "etag: blake2b", "verify: deep"))
    let clone = try world.begin()
    let bytes = Bytes(noise: 10_000)
    try clone.set("cfg:a", bytes)
    let sum = try world.box.must(["b2sum"], input: bytes.all).split(separator: " ")[0]
    #expect(try clone.json("get", "cfg:a")["etag"]?.string == "blake2b:\(sum)")
    #expect(try world.policed("reader").value("cfg:a") == bytes)
    #expect(try world.broken() == [])
  }

  /// Under the usual policy: chunks of 64 KiB to 1 MiB, and a few MiB of value.
  @Test(arguments: ObjectFormat.allCases) func usualChunks(_ format: ObjectFormat) throws {
    let world = try World.large(Way(format: format, transport: .path), policy: World.policy)
    let clone = try world.begin()
    let file = clone.path("value")
    for size in [65_536, 65_537, 1 << 20, 5 << 20] {
      let bytes = Bytes(noise: size, seed: size)
      try Files.write(file, bytes.all)
      try clone.must("set", "cfg:file", "--file", file)
      try clone.set("cfg:pipe", bytes)
      let reader = try world.policed("reader\(size)")
      for key in ["cfg:file", "cfg:pipe"] {
        try reader.must("get", key, "--output", reader.path("got"))
        #expect(try world.box.run(["cmp", file, reader.path("got")]).ok, "\(key) of \(size)")
      }
    }
    let sizes = try clone.repo.manifest("cfg:pipe", format).chunks.map(\.size)
    #expect(sizes.count >= 5 && sizes.dropLast().allSatisfy { (65_536...1 << 20).contains($0) }, "\(sizes)")
    #expect(try world.gate.repo.fsck() == nil)
  }
}
