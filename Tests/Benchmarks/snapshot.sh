# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# A snapshot of many keys against `git fast-export` of the same ledger, and its import into an empty store, pushed and
# proved, against `git fast-import` of the same two refs and a push without hooks. SNAPSHOT_KEYS says how many keys.

snapshot_dir=$scratch/snapshot
snapshot_keys=${SNAPSHOT_KEYS:-100000}
mkdir "$snapshot_dir"

snapshot_out() { (cd "$snapshot_dir/full" && git kv snapshot --offline --export "$snapshot_dir/file" "$@"); }
snapshot_git_out() { git -C "$snapshot_dir/full" fast-export refs/kv/main >"$snapshot_dir/ledger"; }
snapshot_in() { (cd "$snapshot_dir/kv" && git kv import "$snapshot_dir/file" "$@"); }
snapshot_git_in() {
  (
    cd "$snapshot_dir/git" && git fast-import --quiet <"$snapshot_dir/stream" &&
      git push --quiet --atomic "$snapshot_dir/plain.git" refs/kv/main refs/kv-index/main
  )
}

# snapshot_fresh: an empty Stargate and a clone of it, and the same for the baseline.
snapshot_fresh() {
  settle
  cd "$snapshot_dir" || exit
  rm -rf stargate.git plain.git kv git
  stargate "$snapshot_dir/stargate.git"
  plain "$snapshot_dir/plain.git" "$snapshot_dir/stargate.git"
  git init --quiet git
  developer "$snapshot_dir/kv"
  git -C kv remote add origin "$snapshot_dir/stargate.git"
}
snapshot_by_kv_out() { measure snapshot-kv-out snapshot_out; }
snapshot_by_git_out() { measure snapshot-git-out snapshot_git_out; }
snapshot_by_kv_in() {
  snapshot_fresh
  measure snapshot-kv-in snapshot_in
}
snapshot_by_batches() {
  snapshot_fresh
  measure snapshot-kv-batches snapshot_in --batch 20000
}
snapshot_by_git_in() {
  snapshot_fresh
  measure snapshot-git-in snapshot_git_in
}

developer "$snapshot_dir/full"
batch $((snapshot_keys / 100)) 100 >"$snapshot_dir/batch"
(cd "$snapshot_dir/full" && git kv mset --file - <"$snapshot_dir/batch") >"$scratch/out" 2>"$scratch/err" ||
  broken 'cannot make the keys'
git -C "$snapshot_dir/full" fast-export refs/kv/main refs/kv-index/main >"$snapshot_dir/stream" || broken 'cannot export'
in_turns 1 "$(rounds 5 2)" snapshot_by_kv_out snapshot_by_git_out
snapshot_target=''
[ "$snapshot_keys" != 100000 ] || snapshot_target='ours<=2'
report "snapshot of $snapshot_keys keys (baseline: fast-export)" snapshot-kv-out snapshot-git-out s $snapshot_target

for way in one row; do
  snapshot_fresh
  if [ $way = one ]; then set --; else set -- --batch 20000; fi
  sampled "snapshot-$way" "$snapshot_dir/kv" snapshot_in "$@"
  [ "$(git -C stargate.git rev-parse 'refs/kv/main^{tree}' 'refs/kv-index/main^{tree}')" = \
    "$(git -C full rev-parse 'refs/kv/main^{tree}' 'refs/kv-index/main^{tree}')" ] || broken 'it is another store now'
  remark "peak memory, import of $snapshot_keys keys ${*:-in one transaction}, MiB: $(
    awk '{ printf "%s %.1f  ", $1, $2 / 1024 }' "$scratch/peaks.snapshot-$way.max"
  )"
done
in_turns 0 "$(rounds 3 1)" snapshot_by_kv_in snapshot_by_git_in snapshot_by_batches
snapshot_target=''
[ "$snapshot_keys" != 1000000 ] || snapshot_target='ours<=90'
report "import of $snapshot_keys keys, verified (baseline: fast-import, push)" snapshot-kv-in snapshot-git-in s \
  $snapshot_target
report "the same with --batch 20000" snapshot-kv-batches snapshot-git-in s
cd "$scratch" || exit
rm -rf "$snapshot_dir"
