import KVShared

/// Finds the points of history that a user names. What is here is looked at first: no place is asked about a commit or
/// transaction that is found.
final class Moments {
  private let clone: Clone
  private let namespace: Namespace
  private let view: View
  private let archives: Archives
  private let refresh: () throws(Rejection) -> Void
  private var isFresh = false

  /// - Parameter refresh: brings the view up to date; called once, when that is needed.
  init(
    _ clone: Clone, _ namespace: Namespace, _ view: View, _ archives: Archives,
    refresh: @escaping () throws(Rejection) -> Void
  ) {
    self.clone = clone
    self.namespace = namespace
    self.view = view
    self.archives = archives
    self.refresh = refresh
  }

  /// Those of what a read looks at.
  convenience init(_ clone: Clone, _ namespace: Namespace, _ read: ReadOptions) throws(Rejection) {
    var here = read
    here.offline = true
    self.init(clone, namespace, try here.refresh(clone, namespace), try read.archives(clone, namespace)) {
      () throws(Rejection) in _ = try read.refresh(clone, namespace)
    }
  }

  /// The last commit there is. Throws `.noSuchKey` where there is none.
  func tip() throws(Rejection) -> Moment {
    let tip = try segments().tip
    return try Moment(tip.id.hex, tip)
  }

  /// The epochs of an up-to-date ledger. Throws `.noSuchKey` for an empty namespace.
  func segments() throws(Rejection) -> LedgerSegments {
    if !isFresh { try refresh() }
    isFresh = true
    guard let segments = try LedgerSegments(clone, namespace, view, archives) else {
      throw .noSuchKey("namespace \(namespace.name.quoted) is empty")
    }
    return segments
  }

  /// Throws `.noSuchKey` for what is not in the history, `.usage` for what names no ledger commit, `.io` where an epoch
  /// that is needed cannot be had.
  func find(_ text: String) throws(Rejection) -> Moment {
    switch MomentName(text, now: .now()) {
    case .instant(let instant): return try find(instant, text)
    case .transaction(let id): return try find(id, text)
    case .commit(let name): return try find(commit: name)
    }
  }

  private func find(_ instant: Timestamp, _ text: String) throws(Rejection) -> Moment {
    let segments = try segments()
    guard let commit = try segments.commit(at: instant) else {
      let since = segments.all.last?.since.map { ", \($0)" } ?? ""
      throw .noSuchKey("\(text.quoted) is before the beginning of \(namespace.name.quoted)\(since)")
    }
    return try Moment(text, commit, instant: instant)
  }

  private func find(_ id: TransactionID, _ text: String) throws(Rejection) -> Moment {
    if !isFresh, let here = try LedgerSegments(clone, namespace, view, archives),
      let commit = try here.commit(of: id, brings: false)
    {
      return try Moment(text, commit)
    }
    let segments = try segments()
    guard let commit = try segments.commit(of: id, brings: true) else {
      throw try absent("transaction \(id)", segments)
    }
    return try Moment(text, commit)
  }

  private func find(commit name: String) throws(Rejection) -> Moment {
    if let moment = try resolve(name) { return moment }
    guard (4...clone.format.hexCount).contains(name.utf8.count), name.allSatisfy(\.isHexDigit) else {
      throw .usage(
        "\(name.quoted) names no moment of \(namespace.name.quoted)",
        hint: "a moment is a ledger commit, a transaction, 2026-11-23, 2026-11-23T10:00:00Z, or 7d for so long ago")
    }
    let segments = try segments()
    if let moment = try resolve(name) { return moment }
    for segment in segments.all.dropFirst() {
      guard (try? segments.tip(of: segment, brings: true)) != nil else { continue }
      if let moment = try resolve(name) { return moment }
    }
    throw try absent("commit \(name)", segments)
  }

  /// Returns nil for a name that git does not know here. Throws `.usage` for what is not of this ledger.
  private func resolve(_ name: String) throws(Rejection) -> Moment? {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
      let reply = try clone.reader.read([.contents("\(name)^{commit}")])[0]
    else { return nil }
    guard let commit = try? ObjectReader.commit(reply), let moment = try? Moment(name, commit),
      moment.trailers.namespace == namespace
    else {
      throw .usage("\(name.quoted) is not a commit of the ledger of \(namespace.name.quoted)")
    }
    return moment
  }

  private func absent(_ what: String, _ segments: LedgerSegments) throws(Rejection) -> Rejection {
    let missing = try segments.missing().map(\.name)
    let rest = missing.isEmpty ? "" : ", of which \(missing.joined(separator: ", ")) is not here"
    return .noSuchKey("no \(what) in the history of \(namespace.name.quoted)\(rest)")
  }
}
