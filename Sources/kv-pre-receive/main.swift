import KVShared

HookMain.run { () throws(Rejection) in
  let updates = try HookMain.updates()
  let verifier = PushVerifier(repository: HookMain.repository(), git: .hook())
  _ = try verifier.verify(updates)
}
