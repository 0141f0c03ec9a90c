# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# An audit of a store of 100,000 keys and 10,000 transactions, every signature and every link, against what git can say
# of the same store: whether its objects are whole.

audit_dir=$scratch/audit
mkdir "$audit_dir"
stargate "$audit_dir/stargate.git"
developer "$audit_dir/developer"
cd "$audit_dir/developer" || exit
batch 100 1000 >"$scratch/batch"
{ git kv init --epoch 2026Q4 && git kv mset --quiet --file - <"$scratch/batch"; } >"$scratch/out" 2>"$scratch/err" ||
  broken 'cannot make 100,000 keys'
# A line a transaction: history as many small writes make it.
audit_writes=$(rounds 10000 300)
for ((i = 0; i < audit_writes; i++)); do
  printf '{"op":"set","key":"p%03d:user:%05d","value":"write %d"}\n' $((i % 100)) $((i * 7919 % 1000)) "$i" >"$scratch/one"
  git kv mset --no-push --quiet --file "$scratch/one" 2>"$scratch/err" || broken 'cannot write'
  # Loose objects by the million are no store.
  [ $((i % 2000)) != 1999 ] || git repack -dq
done
git repack -adq
publish "$audit_dir/developer" "$audit_dir/stargate.git"
settle
cd "$audit_dir/stargate.git" || exit
audit_whole() { git kv audit --epochs --restart --json; }
audit_more() { git kv audit --epochs --json; }
audit_fsck() { git fsck --full --no-dangling --no-progress; }
audit_walk() { git rev-list --objects --all --quiet; }
audit_by_kv() { measure audit-kv audit_whole && measure audit-again audit_more; }
audit_by_git() { measure audit-git audit_fsck && measure audit-walk audit_walk; }
audit_whole >"$scratch/out" 2>"$scratch/err" || broken 'the store does not hold'
grep -q "\"transactions\":$((audit_writes + 2))" "$scratch/out" || broken 'not every transaction was walked'
sampled audit "$audit_dir/stargate.git" audit_whole
in_turns 0 "$(rounds 3 1)" audit_by_kv audit_by_git
report "audit of 100,000 keys, $audit_writes transactions (baseline: git fsck)" audit-kv audit-git s 'ours<=60'
report 'the same, when nothing is new (baseline: rev-list --objects)' audit-again audit-walk s
remark "audit: peak memory $(($(peak audit ours) / 1024)) MiB"
cd "$scratch" || exit
rm -rf "$audit_dir"
