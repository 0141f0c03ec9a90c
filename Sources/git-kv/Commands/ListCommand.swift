import ArgumentParser
import KVShared

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List keys in byte order; reads the index alone.")

  @OptionGroup var options: GlobalOptions
  @Option(help: "Only keys that begin with this.") var prefix: String = ""
  @Flag(help: "Show size, media type and expiry before each key.") var long = false
  @Flag(name: .customLong("include-expired"), help: "Show expired keys too.") var includeExpired = false
  @OptionGroup var read: ReadOptions

  func run() throws {
    let clone = try Clone(options)
    let ns = try options.namespace(clone.config)
    let view = try read.refresh(clone, ns)
    let pointers = try Listing(clone: clone, namespace: ns).pointers(prefix: Array(prefix.utf8), view)
    let now = Timestamp.now()
    let hidesExpired = try !includeExpired && clone.policy()?.namespaces[ns]?.retention.enforceReadside ?? true
    var out: [UInt8] = []
    for pointer in pointers where !(hidesExpired && pointer.isExpired(at: now)) {
      if options.json {
        out += CanonicalJSON.encode(pointer)
      } else {
        let details = long ? "\(pointer.size)\t\(pointer.ctype ?? "-")\t\(pointer.ttl ?? "-")\t" : ""
        out += Array("\(details)\(pointer.key)\n".utf8)
      }
    }
    try IO.write(out, to: 1, "standard output")
  }
}

/// Reads pointers from the index.
struct Listing {
  let clone: Clone
  let namespace: Namespace

  /// The pointers of all live keys with a prefix, in the byte order of their keys. Throws `.attestation` for a malformed one.
  func pointers(prefix: [UInt8], _ view: View) throws(Rejection) -> [Pointer] {
    var pointers: [Pointer] = []
    try read(prefix: prefix, view) { (key, pointer) throws(Rejection) in
      guard let pointer else { throw .attestation("the pointer of \(key.quoted) is missing or malformed") }
      if pointer.type != .deleted { pointers.append(pointer) }
    }
    return pointers
  }

  /// Hands over every key with a prefix and its pointer, in byte order; nil for a pointer that is missing or malformed.
  func read(
    prefix: [UInt8], _ view: View, each: ([UInt8], Pointer?) throws(Rejection) -> Void
  ) throws(Rejection) {
    guard let reply = try clone.reader.read([.contents(view.name(of: .index(namespace)))])[0] else { return }
    let commit = try ObjectReader.commit(reply)
    let found = try IndexTree.list(
      prefix: prefix, in: commit.tree, namespace: namespace, reader: clone.reader
    ).sorted { $0.key.lexicographicallyPrecedes($1.key) }
    try clone.reader.read(found.map { .contents($0.blob.hex) }) { (at, reply) throws(Rejection) in
      try each(found[at].key, reply.flatMap { CanonicalJSON.decodeProved(Pointer.self, $0.bytes) })
    }
  }
}
