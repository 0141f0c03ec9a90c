/// Entries in the wrong place, of the wrong kind or of a wrong name.
enum NameRows {
  static let all: [Row] = places + modes + outside + encodings + invalid + unGitly

  static let places = [
    Row.trees("data in another shard", 8) { $0.ledgerTree.move($0.data(new), to: "kv/main/data/00/00/\(file)") },
    Row.trees("metadata in another shard", 8) {
      $0.ledgerTree.move($0.meta(new), to: "kv/main/meta/00/00/\(file).meta")
    },
    Row.trees("data without a shard", 8) { $0.ledgerTree.move($0.data(new), to: "kv/main/data/\(file)") },
    Row.trees("data one folder too deep", 8) { $0.ledgerTree.move($0.data(new), to: $0.data(new) + "/\(file)") },
    Row.trees("a shard in upper case", 8, of: Row.set(lettered, Value("x"))) { plan in
      let path = plan.data(lettered)
      let shard = Names.shard(Array(lettered.utf8))
      plan.ledgerTree.move(path, to: path.replacing(shard, with: shard.uppercased()))
    },
    Row.trees("a pointer in another shard", 8) {
      $0.indexTree.move($0.ref(new), to: "kv/main/index/zz/zz/\(file).ref")
    },
    Row.trees("a pointer one folder too high", 8) {
      $0.indexTree.move($0.ref(new), to: "kv/main/index/cf/\(file).ref")
    },
    Row.trees("a pointer sharded by single bytes", 8) {
      $0.indexTree.move($0.ref(new), to: "kv/main/index/c/f/\(file).ref")
    },
    Row.trees("a pointer's shard in lower case escapes", 8) {
      $0.indexTree.move($0.ref(new), to: "kv/main/index/cf/g%3a/\(file).ref")
    },
    Row.trees("the same value in two shards", 8) {
      $0.ledgerTree.put("kv/main/data/00/00/\(file)", $0.forge.blob("new"))
    },
  ]

  static let modes =
    ["100755", "120000", "100664"].map { mode in
      Row.trees("data of mode \(mode)", 8) { $0.ledgerTree.setMode($0.data(new), mode) }
    } + [
      Row.trees("data that is a submodule", 8) {
        $0.ledgerTree.put($0.data(new), $0.forge.tips!.ledger, mode: "160000")
      },
      Row.trees("data that is a folder", 8) { plan in
        plan.ledgerTree.remove(plan.data(new))
        plan.ledgerTree.put(plan.data(new) + "/value", plan.forge.blob("new"))
      },
      Row.trees("executable metadata", 8) { $0.ledgerTree.setMode($0.meta(new), "100755") },
      Row.trees("metadata that is a symbolic link", 8) { $0.ledgerTree.setMode($0.meta(new), "120000") },
      Row.trees("an executable pointer", 8) { $0.indexTree.setMode($0.ref(new), "100755") },
      Row.trees("a pointer that is a symbolic link", 8) { $0.indexTree.setMode($0.ref(new), "120000") },
      Row.trees("a shard that is a submodule", 8) {
        $0.ledgerTree.put("kv/main/data/zz", $0.forge.tips!.ledger, mode: "160000")
      },
      Row.trees("an old value made executable", 8) { $0.ledgerTree.setMode($0.data("cfg:2"), "100755") },
    ]

  static let outside =
    ["README", "kv/README", "kv/other/data/00/00/x", "kv/main/notes", "kv/main/data/README", ".kv/policy.yaml"]
    .map { path in
      Row.trees("\(path) in the ledger", 8) { $0.ledgerTree.put(path, $0.forge.blob("x")) }
    } + [
      Row.trees("README in the index", 8) { $0.indexTree.put("README", $0.forge.blob("x")) },
      Row.trees("data in the index", 8) { $0.indexTree.put($0.data(new), $0.forge.blob("new")) },
      Row.trees("pointers in the ledger", 8) { $0.ledgerTree.put($0.ref(new), $0.forge.blob("x")) },
      Row.trees("chunks in the ledger", 8) {
        $0.ledgerTree.put("kv/main/chunks/sha256/00/00/x", $0.forge.blob("x"))
      },
      Row.trees("an empty folder in the ledger", 8) {
        $0.ledgerTree.put("kv/main/data/00", $0.forge.format.emptyTree, mode: "40000")
        $0.ledgerTree.at("kv/main/data") { $0.keepEmpties() }
      },
    ]

  /// A key that is right under a file name that is not its own.
  static let encodings = [
    Row.trees("lower case escapes", 8) { $0.rename(new, "cfg%3anew") },
    Row.trees("an escape nobody needs", 8) { $0.rename(new, "cfg%3A%6Eew") },
    Row.trees("a colon as it is", 8) { $0.rename(new, "cfg:new") },
    Row.trees("half an escape", 8) { $0.rename(new, "cfg%3Anew%4") },
    Row.trees("letters outside ASCII as they are", 8) { $0.rename(new, "cfgné") },
    Row.trees("a name that is no UTF-8", 8) { plan in
      let shard = plan.data(new).split(separator: "/").dropLast().joined(separator: "/")
      plan.ledgerTree.append(in: shard, [0x63, 0xff, 0xfe], plan.forge.blob("new"))
    },
    Row.trees("a dot in a name", 8) { $0.rename(new, "cfg%3Anew.x") },
    Row.trees("metadata with another suffix", 8) { $0.ledgerTree.move($0.meta(new), to: $0.meta(new) + "data") },
    Row.trees("a pointer without its suffix", 8) { plan in
      plan.indexTree.move(plan.ref(new), to: String(plan.ref(new).dropLast(4)))
    },
  ]

  /// Keys that are none.
  static let invalid =
    [("a newline", "cfg:\nx"), ("an escape character", "cfg:\u{1b}"), ("DEL", "cfg:\u{7f}"), ("NUL", "cfg:\0")]
    .map { what, key in Row.trees("a key with \(what)", 4, of: Row.set(key, Value("x"))) { _ in } } + [
      Row.trees("a key of 1,025 bytes", 4, of: Row.set(String(repeating: "k", count: 1025), Value("x"))) { _ in
      },
      Row.trees("a key that is no UTF-8", 4) { $0.place([0x63, 0x66, 0xff], "x") },
      Row.trees("a key in overlong UTF-8", 4) { $0.place([0x63, 0xc0, 0xaf], "x") },
      Row.trees("a key with half a surrogate pair", 4) { $0.place([0x63, 0xed, 0xa0, 0x80], "x") },
      Row.trees("metadata of the empty key", 4, 8) {
        $0.ledgerTree.put("kv/main/meta/e3/b0/.meta", $0.forge.blob("x"))
      },
    ]

  /// What git's own check of received objects also knows.
  static let unGitly =
    [".git", "..", ".", ".GIT", "git~1", "a/b"].map { name in
      Row.trees("'\(name)' in a ledger folder", 8) {
        $0.ledgerTree.append(in: "kv/main/data", Array(name.utf8), $0.forge.blob("x"))
      }.refusedByGit
    } + [
      Row.trees("'..' as a folder", 8) {
        $0.ledgerTree.append(in: "kv/main", Array("..".utf8), $0.forge.state.ledgerTreeID, mode: "40000")
      }.refusedByGit,
      Row.trees("'.git' in the index", 8) {
        $0.indexTree.append(in: "kv/main/index", Array(".git".utf8), $0.forge.blob("x"))
      }.refusedByGit,
      Row.trees(".gitmodules", 8) { $0.ledgerTree.put(".gitmodules", $0.forge.blob("x"), mode: "120000") }.refusedByGit,
      Row.trees("one name twice in a folder", 8) { plan in
        let path = plan.data(new).split(separator: "/").dropLast().joined(separator: "/")
        plan.ledgerTree.append(in: path, Array(file.utf8), plan.forge.blob("two"))
      }.refusedByGit,
      Row.trees("a folder out of order", 8) { plan in
        plan.ledgerTree.at("kv/main") { folder in
          folder.unsorted = true
          folder.entries.sort { $1.name.lexicographicallyPrecedes($0.name) }
        }
      }.refusedByGit,
      Row.trees("a mode with a leading zero", 8) { $0.ledgerTree.setMode("kv", "040000") }.refusedByGit,
    ]

  private static let new = "cfg:new"
  private static let file = "cfg%3Anew"
  private static let lettered = (0..<100).map { "cfg:\($0)x" }.first { key in
    Names.shard(Array(key.utf8)).contains { $0.isLetter }
  }!
}

extension Plan {
  /// Gives the three files of a key another base name, each in its own folder.
  fileprivate mutating func rename(_ key: String, _ name: String) {
    let own = Names.enc(key.utf8)
    func other(_ path: String) -> String {
      let cut = path.lastIndex(of: "/")!
      return String(path[...cut]) + path[path.index(after: cut)...].replacing(own, with: name, maxReplacements: 1)
    }
    ledgerTree.move(data(key), to: other(data(key)))
    ledgerTree.move(meta(key), to: other(meta(key)))
    indexTree.move(ref(key), to: other(ref(key)))
  }

  /// Puts a key of any bytes where it would belong.
  fileprivate mutating func place(_ key: [UInt8], _ text: String) {
    let value = Value(text)
    ledgerTree.put(Names.data(forge.ns, key), forge.blob(text))
    ledgerTree.put(Names.meta(forge.ns, key), forge.json(value.meta))
    let path = Names.index(forge.ns, [key])[key]!
    indexTree.put(path, forge.json(value.pointer(String(decoding: key, as: UTF8.self), forge.format)))
  }
}

extension Folder {
  fileprivate mutating func keepEmpties() { keepEmpty = true }
}
