import Testing

@testable import KVShared

/// Manifests are read back as they were written, and nothing else is read.
@Suite struct ManifestTests {
  private static let key = try! Key("model \"ä\"/1")

  private static func manifest(_ format: ObjectFormat = .sha1, sizes: [Int] = [64, 1024, 1]) throws -> Manifest {
    var chunking = NamespacePolicy.Chunking()
    (chunking.min, chunking.avg, chunking.max) = (64, 256, 1024)
    let hasher = ObjectHasher(format)
    let chunks = sizes.enumerated().map { at, size in
      let bytes = [UInt8](repeating: UInt8(at), count: size)
      return Manifest.Chunk(
        digest: bytes.withUnsafeBytes { ChunkDigest(of: $0) }, blob: hasher.id(.blob, bytes), size: size)
    }
    return Manifest(chunks, chunking: chunking, etag: ETag(of: [1, 2, 3], .blake3))
  }

  @Test(arguments: [ObjectFormat.sha1, .sha256]) func roundTrip(format: ObjectFormat) throws {
    let manifest = try Self.manifest(format)
    let bytes = manifest.encode(key: Self.key)
    #expect(try Manifest(bytes, key: Self.key, format: format) == manifest)
    #expect(manifest.totalSize == 1089)
    #expect(throws: Rejection.self) { try Manifest(bytes, key: Key("other"), format: format) }
    #expect(throws: Rejection.self) { try Manifest(bytes, key: Self.key, format: format == .sha1 ? .sha256 : .sha1) }
  }

  @Test func spelling() throws {
    let text = String(decoding: try Self.manifest(sizes: [64]).encode(key: Key("k")), as: UTF8.self)
    #expect(
      text == """
        {"algo":"sha256","chunking":{"avg":256,"max":1024,"min":64,"mode":"fastcdc"},"chunks":[{"blob_oid":\
        "9017fd98b5f67d928cc64c59b2c025472ce74f8c","digest":\
        "sha256:f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b","i":0,"size":64}],"etype":\
        "blake3:b177ec1bf26dfb3b7010d473e6d44713b29b765b99c6e60ecbfae742de496543","git_hash":"sha1","key":"k",\
        "total_size":64,"v":1}

        """)
  }

  /// Every single byte counts: with one left out or doubled the manifest is refused, or is another one (a larger `max`).
  @Test func everyByteCounts() throws {
    let bytes = try Self.manifest().encode(key: Self.key)
    for at in bytes.indices {
      var cut = bytes
      cut.remove(at: at)
      var doubled = bytes
      doubled.insert(bytes[at], at: at)
      #expect(throws: Rejection.self, "\(at)") { try Manifest(cut, key: Self.key, format: .sha1) }
      #expect((try? Manifest(doubled, key: Self.key, format: .sha1)) != (try Self.manifest()), "\(at)")
      #expect(throws: Rejection.self, "\(at)") { try Manifest(Array(bytes[..<at]), key: Self.key, format: .sha1) }
    }
  }

  @Test(arguments: [
    (#""size":1}"#, #""size":0}"#, "says that chunk 2 has 0 bytes"),
    (#""size":1024}"#, #""size":1025}"#, "says that chunk 1 has 1025 bytes"),
    (#""size":64}"#, #""size":63}"#, "says that chunk 0 has 63 bytes, fewer than 64"),
    (#""size":1}"#, #""size":2}"#, "says total_size 1089, but its chunks have 1090 bytes"),
    (#""size":1}"#, #""size":99999999999999999999}"#, "is not canonical JSON of its kind"),
    (#""min":64"#, #""min":63"#, "has the chunk sizes min 63, avg 256, max 1024"),
    (#""max":1024"#, #""max":16777217"#, "has the chunk sizes"),
    (#""avg":256"#, #""avg":2048"#, "has the chunk sizes"),
    ("fastcdc", "rabin", "is not canonical JSON of its kind, at byte 72"),
    ("fastcdc", "fixed", "says that chunk 1 has 1024 bytes"),
    (#""i":1"#, #""i":2"#, "is not canonical JSON of its kind"),
    (#""v":1"#, #""v":2"#, "is not canonical JSON of its kind"),
  ]) func lies(from: String, to: String, message: String) throws {
    let text = String(decoding: try Self.manifest().encode(key: Self.key), as: UTF8.self)
    let changed = text.split(separator: from, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: to)
    #expect(changed != text)
    do throws(Rejection) {
      _ = try Manifest(Array(changed.utf8), key: Self.key, format: .sha1)
      Issue.record("taken")
    } catch {
      #expect(error.code == .attestation)
      #expect(error.message.contains(message), "\(error.message)")
    }
  }

  @Test func noChunks() throws {
    let bytes = try Self.manifest(sizes: []).encode(key: Self.key)
    #expect(throws: Rejection.self) { try Manifest(bytes, key: Self.key, format: .sha1) }
  }
}
