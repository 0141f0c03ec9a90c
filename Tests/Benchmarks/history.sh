# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# Looking back, offline and warm: a key that one transaction in ten sets, each of those signed, in a ledger of many
# transactions and keys. `git kv` writes the keys; the transactions are laid on top by `git fast-import`, as only the
# ledger is read, and chained anew for the signatures.

history_keys=$(rounds 100000 2000) history_txns=$(rounds 10000 1000)
developer "$scratch/history"
cd "$scratch/history" || exit
batch $((history_keys / 1000)) 1000 >"$scratch/batch"
{ git kv init --epoch 2026Q4 && git kv mset --file - <"$scratch/batch"; } >"$scratch/out" 2>"$scratch/err" ||
  broken "cannot make $history_keys keys"
history_key=p001:user:00050
git ls-tree -r --name-only refs/kv/main kv/main/data >"$scratch/paths"
history_path=$(grep "/${history_key//:/%3A}\$" "$scratch/paths") || broken "no $history_key"

# history_stream: so many transactions of one key each, a minute apart; every tenth sets the one key.
history_stream() {
  awk -v txns="$history_txns" -v hot="$history_path" -v tip="$(git rev-parse refs/kv/main)" '
    { path[NR] = $0 }
    END {
      for (i = 1; i <= txns; i++) {
        data = i % 10 ? path[i % NR + 1] : hot
        meta = data ".meta"; sub(/data/, "meta", meta)
        value = "value " i
        note = sprintf("{\"created_at\":\"2026-01-01T00:00:00Z\",\"created_by\":\"dev@example.org\"," \
          "\"ctype\":\"text/plain\",\"etag\":\"blake3:%064d\",\"v\":1}\n", i)
        zero = sprintf("%040d", 1)
        message = sprintf("kv: set 1, delete 0 in main\n\nKV-NS: main\nKV-Txn: 01KAQ4Y1V0%016d\nBase-Tree: %s\n" \
          "KV-Index-Tree: %s\nKV-Chunks-Tree: -\nEpoch: 2026Q4\nKeys-Set: 1\nKeys-Del: 0\n", i, zero, zero)
        printf "commit refs/heads/laid\ncommitter Dev <dev@example.org> %d +0000\ndata %d\n%s", 1767225600 + i * 60, \
          length(message), message
        if (i == 1) printf "from %s\n", tip
        printf "M 100644 inline %s\ndata %d\n%s\nM 100644 inline %s\ndata %d\n%s\n", data, length(value), value, \
          meta, length(note), note
      }
    }' "$scratch/paths"
}
history_stream | git fast-import --quiet || broken 'cannot lay the transactions'

# history_chain: the same commits in a chain with signatures; prints the last one.
history_chain() {
  local record date n=0 tip sign
  tip=$(git rev-parse refs/kv/main)
  while IFS= read -r -d '' record; do
    n=$((n + 1))
    sign=
    [ $((n % 10)) != 0 ] || sign=-S
    date=${record%%$'\n'*}
    tip=$(printf '%s' "${record#*$'\n'}" |
      GIT_COMMITTER_DATE="${date#* } +0000" git commit-tree "${date% *}" -p "$tip" $sign) || return
  done < <(git log --reverse -z --format='%T %ct%n%B' refs/kv/main..refs/heads/laid)
  echo "$tip"
}
history_tip=$(history_chain) || broken 'cannot chain the transactions'
{
  git update-ref refs/kv/main "$history_tip" && git branch --quiet -D laid && git repack -adq &&
    echo "$history_tip" | git commit-graph write --stdin-commits --changed-paths --no-progress
} || broken 'cannot tidy up'

history_middle=$(git rev-parse "refs/kv/main~$((history_txns / 2))")
history_date=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$history_middle")
[ "$(git kv history --offline "$history_key" | wc -l)" -gt $((history_txns / 10)) ] ||
  broken 'git kv does not tell of each version'
[ "$(git kv get --offline --raw --at "$history_date" $history_key)" = "$(git show "$history_middle:$history_path")" ] ||
  broken 'two values of one moment'
history_by_kv() { measure history-kv git kv history --offline "$history_key"; }
history_by_git() { measure history-git git log --format=%H refs/kv/main -- "$history_path"; }
commit_by_kv() { measure commit-kv git kv get --offline --at "$history_middle" "$history_key"; }
commit_by_git() { measure commit-git git cat-file blob "$history_middle:$history_path"; }
date_plain() {
  git cat-file blob "$(git rev-list -1 --before="$history_date" refs/kv/main):$history_path"
}
date_by_kv() { measure date-kv git kv get --offline --at "$history_date" "$history_key"; }
date_by_git() { measure date-git date_plain; }
in_turns 3 "$(rounds 50 10)" history_by_kv history_by_git commit_by_kv commit_by_git date_by_kv date_by_git
report "history: $((history_txns / 10)) versions of $history_txns transactions (baseline: git log)" \
  history-kv history-git ms 'ours<=300'
report 'get --at a commit (baseline: git cat-file)' commit-kv commit-git ms 'ours<=20'
report 'get --at a date (baseline: rev-list, cat-file)' date-kv date-git ms 'ours<=20'
cd "$scratch" || exit
