/// Trailers and messages that are not what the contract says.
enum TrailerRows {
  static let all: [Row] = missing + doubled + malformed + shapes + messages + headers

  static let missing =
    ["KV-NS", "KV-Txn", "Base-Tree", "KV-Index-Tree", "KV-Chunks-Tree", "Epoch", "Keys-Set", "Keys-Del"].map { name in
      Row.commits("ledger without \(name)", 8, says: name) { $0.ledger.drop(name) }
    }
    + ["KV-NS", "KV-Txn", "KV-Ledger-Tree"].map { name in
      Row.commits("index without \(name)", 8, says: name) { $0.index.drop(name) }
    } + [
      Row.commits("ledger without any trailer", 8) { $0.ledger.trailers = [] },
      Row.commits("index without any trailer", 8) { $0.index.trailers = [] },
    ]

  static let doubled =
    ["KV-NS", "KV-Txn", "Epoch", "Keys-Set", "Keys-Del"].map { name in
      Row.commits("ledger with \(name) twice", 8, says: name) { $0.ledger.double(name) }
    } + [
      Row.commits("index with KV-Ledger-Tree twice", 8, says: "KV-Ledger-Tree") { $0.index.double("KV-Ledger-Tree") },
      Row.commits("a second Keys-Set among the user's trailers", 8, says: "Keys-Set") {
        $0.ledger.add("Keys-Set", "1")
      },
    ]

  /// Values that no reading of the contract allows.
  static let malformed = values.map { name, value in
    Row.commits("\(name): '\(value)'", 8, says: value.isEmpty ? "trailers" : name) { plan in
      plan.ledger[name] = value
      if name == "KV-Txn" { plan.index[name] = value }
    }
  }

  private static let values: [(String, String)] = [
    ("KV-Txn", "01kar9q2b0stargate00000099"), ("KV-Txn", "01KAR9Q2B0STARGATE0000009"),
    ("KV-Txn", "81KAR9Q2B0STARGATE00000099"), ("KV-Txn", "01KAR9Q2B0STARGATE0000009I"),
    ("KV-Txn", "01KAR9Q2B0STARGATE0000009U"), ("KV-Txn", ""),
    ("Base-Tree", "4b825dc"), ("Base-Tree", "-"), ("Base-Tree", "HEAD"),
    ("KV-Index-Tree", ""), ("KV-Index-Tree", "-"), ("KV-Chunks-Tree", ""), ("KV-Chunks-Tree", "none"),
    ("Epoch", ""), ("Epoch", "2026/Q4"), ("Epoch", "a23456789012345678901234567890123"),
    ("Keys-Set", "01"), ("Keys-Set", "-1"), ("Keys-Set", "+1"), ("Keys-Set", "1.0"), ("Keys-Set", "one"),
    ("Keys-Set", "99999999999999999999999"), ("Keys-Set", "１"), ("Keys-Del", ""), ("Keys-Del", "00"),
  ]

  /// The right value in a line that is not `Name: value`.
  static let shapes = [
    Row.commits("no space after the colon", 8, says: "trailers") { $0.ledger.line("Keys-Set", "Keys-Set:1") },
    Row.commits("two spaces after the colon", 8, says: "trailers") { $0.ledger.line("Keys-Set", "Keys-Set:  1") },
    Row.commits("a space before the colon", 8, says: "trailers") { $0.ledger.line("Keys-Set", "Keys-Set : 1") },
    Row.commits("a space at the end", 8, says: "trailers") { $0.ledger.line("Keys-Set", "Keys-Set: 1 ") },
    Row.commits("a carriage return at the end", 8) { $0.ledger.line("Keys-Set", "Keys-Set: 1\r") },
    Row.commits("a name in lower case", 8) { $0.ledger.line("Keys-Set", "keys-set: 1") },
    Row.commits("a folded line", 8) { $0.ledger.line("Keys-Set", "Keys-Set:\n 1") },
    Row.commits("upper case hexadecimal", 8, says: "KV-Index-Tree") {
      $0.ledger["KV-Index-Tree"] = $0.index.tree.uppercased()
    },
    Row.commits("an abbreviated tree", 8, says: "KV-Ledger-Tree") {
      $0.index["KV-Ledger-Tree"] = String($0.ledger.tree.prefix(12))
    },
    Row.commits("another order", 8) { $0.ledger.trailers.swapAt(0, 1) },
    Row.commits("the user's trailers first", 8) {
      $0.ledger.trailers.insert(.init(name: "Approved-by", value: "x"), at: 0)
    },
    Row.commits("a line that is no trailer among them", 8) { $0.ledger.line("Epoch", "Epoch: 2026Q4\nand so on") },
    Row.commits("a trailer of ours that does not exist", 8, says: "trailers") { $0.ledger.add("KV-Extra", "1") },
    Row.commits("Parent-Epoch without an epoch change", 8, says: "Parent-Epoch-Ledger") {
      $0.ledger.add("Parent-Epoch", "2026Q3")
    },
    Row.commits("a parent epoch without a change of epoch", 8, says: "is not the first of its own") {
      $0.ledger.add("Parent-Epoch", "2026Q3")
      $0.ledger.add("Parent-Epoch-Ledger", $0.forge.tips!.ledger)
    },
    Row.commits("one of ours in lower case at the end", 8) { $0.ledger.add("kv-index-tree", "x") },
    Row.commits("a user's trailer with a space in its name", 8) { $0.ledger.add("Approved by", "x") },
    Row.commits("a user's trailer without a name", 8) { $0.ledger.add("", "x") },
  ]

  static let messages = [
    Row.commits("no subject", 8) { plan in
      plan.ledger.message = Array(plan.ledger.trailers.map { $0.text + "\n" }.joined().utf8)
    },
    Row.commits("an empty subject", 8) { $0.ledger.subject = "" },
    Row.commits("trailers that are not the last paragraph", 8) { plan in
      plan.ledger.message = plan.ledger.messageBytes + Array("\nand a word after\n".utf8)
    },
    Row.commits("an empty line after the trailers", 8) { $0.ledger.message = $0.ledger.messageBytes + [10] },
    Row.commits("no newline at the end", 8) { $0.ledger.message = $0.ledger.messageBytes.dropLast() },
    Row.commits("a message that is no UTF-8", 8) { $0.ledger.message = [0x67, 0xff, 0xfe] + $0.ledger.messageBytes },
    Row.commits("an index message that is no UTF-8", 8) { $0.index.message = [0xc0] + $0.index.messageBytes },
    Row.commits("a NUL in the message", 8) { $0.ledger.message = [0x67, 0] + $0.ledger.messageBytes }.refusedByGit,
    Row.commits("trailers of another commit in the body, none at the end", 8) { plan in
      plan.ledger.message = plan.ledger.messageBytes + Array("\nReviewed-by: x\n".utf8)
    },
  ]

  static let headers = [
    Row.commits("an encoding header", 8, says: "encoding") { $0.ledger.extraHeaders = ["encoding ISO-8859-1"] },
    Row.commits("a header nobody knows", 8, says: "x-other") { $0.ledger.extraHeaders = ["x-other 1"] },
    Row.commits("a header nobody knows in the index", 8, says: "x-other") { $0.index.extraHeaders = ["x-other 1"] },
    Row.commits("a mergetag", 8, says: "mergetag") {
      $0.ledger.extraHeaders = ["mergetag object \($0.ledger.parents[0])\n type commit"]
    },
  ]
}
