import Testing

/// The tests' own tools, against answers known from elsewhere.
@Suite struct SelfTests {
  @Test func digestsMatchThePrograms() throws {
    let box = try Sandbox()
    for size in [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(try box.must(["sha1sum"], input: bytes).hasPrefix(Digest.hex(Digest.sha1(bytes))))
      #expect(try box.must(["sha256sum"], input: bytes).hasPrefix(Digest.hex(Digest.sha256(bytes))))
    }
    #expect(ObjectFormat.sha1.emptyTree == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
    #expect(Digest.unhex("00ff1a") == [0, 255, 26])
  }

  @Test func namesAreTheContractsExamples() {
    #expect(Names.enc(Array("user:42/é.git".utf8)) == "user%3A42%2F%C3%A9%2Egit")
    #expect(Names.dec("user%3A42".utf8) == Array("user:42".utf8))
    for bad in ["user%3a42", "%61", "a.b", "%4", "%zz", "é"] { #expect(Names.dec(bad.utf8) == nil, "\(bad)") }
    let few = Names.index("main", ["a", "ab", "abc", "abcde", "user:42"].map { Array($0.utf8) })
    #expect(few[Array("a".utf8)] == "kv/main/index/a/a.ref")
    #expect(few[Array("ab".utf8)] == "kv/main/index/ab/ab.ref")
    #expect(few[Array("abc".utf8)] == "kv/main/index/ab/c/abc.ref")
    #expect(few[Array("user:42".utf8)] == "kv/main/index/us/er/user%3A42.ref")
    let many = (0..<257).map { Array("user:\($0)".utf8) } + [Array("user".utf8)]
    let burst = Names.index("main", many)
    #expect(burst[Array("user".utf8)] == "kv/main/index/us/er/user.ref")
    #expect(burst[Array("user:42".utf8)] == "kv/main/index/us/er/%3A4/user%3A42.ref")
    #expect(Names.index("main", many.dropFirst(2))[Array("user:42".utf8)] == "kv/main/index/us/er/user%3A42.ref")
  }

  @Test func jsonIsReadStrictlyAndWrittenCanonically() {
    let text = #"{"a":[1,null,true],"b":"x/\"\\\u00e9\ud83d\ude00"}"#
    #expect(JSON(text)?.text == #"{"a":[1,null,true],"b":"x/\"\\é😀"}"#)
    for bad in ["", "{", #"{"a":1,"a":2}"#, "[1,]", "{} x", "\"\u{1}\"", "nul"] { #expect(JSON(bad) == nil, "\(bad)") }
  }

  @Test func aProgramThatHangsIsEnded() throws {
    let box = try Sandbox()
    let hung = try box.run(["sh", "-c", "echo started; sleep 60"], limit: 0.5)
    #expect(hung.timedOut && hung.text == "started\n")
    let big = [UInt8](repeating: 65, count: 3_000_000)
    #expect(try box.run(["cat"], input: big).out == big)
    #expect(try box.run(["sh", "-c", "kill -9 $$"]).status == 137)
    let holder = try box.run(["sh", "-c", "sleep 5 & echo done"])
    #expect(holder.heldOpen && holder.text == "done\n")
  }

  @Test func sshdAnswers() throws {
    let box = try Sandbox()
    let server = try SSHServer(box)
    let hello = try box.run(["ssh", "-p", "\(server.port)", "127.0.0.1", "echo $GIT_CONFIG_NOSYSTEM"])
    #expect(hello.text == "1\n", "\(hello.errors)")
  }
}
