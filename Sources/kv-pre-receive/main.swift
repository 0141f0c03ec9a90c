import KVShared

HookMain.run { () throws(Rejection) in
  if TurnHolder.runIfAsked(CommandLine.arguments) || RelayHolder.runIfAsked(CommandLine.arguments) { return }
  let updates = try HookMain.updates()
  let verifier = PushVerifier(repository: HookMain.repository(), git: .hook())
  _ = try verifier.accept(updates)
}
