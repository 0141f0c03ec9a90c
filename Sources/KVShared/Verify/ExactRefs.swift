import Glibc

/// What refs hold, by their full names and nothing else.
///
/// `git cat-file` guesses: where `refs/kv/main` is not there, a branch or a tag named like it answers instead. An answer
/// is therefore believed only if the ref's own file, or its line in `packed-refs`, is there.
struct ExactRefs {
  let repository: String
  let reader: ObjectReader

  /// The objects the refs name, nil for those that are not there.
  func read(_ refs: [KVRef]) throws(Rejection) -> [ObjectID?] {
    let replies = try reader.read(refs.map { .info($0.description) })
    var packed: PackedRefs?
    return try zip(refs, replies).map { (ref, reply) throws(Rejection) in
      guard let id = reply?.id else { return nil }
      if access("\(repository)/\(ref)", F_OK) == 0 { return id }
      if packed == nil { packed = try PackedRefs(repository: repository) }
      return packed?.holds(ref, id) == true ? id : nil
    }
  }
}
