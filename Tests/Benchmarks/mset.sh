# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# One transaction of many keys, built, pushed and proved, against `git fast-import` of the same blobs under the same
# paths and a push without hooks; and the memory both take, in a round of its own that is not timed.

mset_dir=$scratch/mset
mkdir "$mset_dir"

# mset_fresh: an empty Stargate and a clone of it, and the same for the baseline.
mset_fresh() {
  settle
  cd "$mset_dir" || exit
  rm -rf stargate.git plain.git kv git
  stargate "$mset_dir/stargate.git"
  plain "$mset_dir/plain.git" "$mset_dir/stargate.git"
  git init --quiet git
  developer "$mset_dir/kv"
  git -C kv remote add origin "$mset_dir/stargate.git"
  (cd kv && git kv init --epoch 2026Q4 && git kv push) >"$scratch/out" 2>"$scratch/err" || broken 'cannot begin a store'
}
mset_kv() { (cd "$mset_dir/kv" && git kv mset --file - <"$mset_dir/batch"); }
mset_git() {
  (
    cd "$mset_dir/git" && git fast-import --quiet <"$mset_dir/stream" &&
      git push --quiet --atomic "$mset_dir/plain.git" refs/kv/main refs/kv-index/main
  )
}
mset_by_kv() {
  mset_fresh
  measure "mset-kv-$keys" mset_kv
}
mset_by_git() {
  mset_fresh
  measure "mset-git-$keys" mset_git
}

for keys in 1000 10000 100000; do
  batch $((keys / 100)) 100 >"$mset_dir/batch"
  mset_fresh
  sampled "kv-$keys" "$mset_dir/kv" mset_kv
  git -C "$mset_dir/kv" fast-export refs/kv/main refs/kv-index/main >"$mset_dir/stream" || broken 'cannot export'
  sampled "git-$keys" "$mset_dir/git" mset_git
  for ref in kv kv-index; do
    [ "$(git -C "$mset_dir/plain.git" rev-parse "refs/$ref/main^{tree}")" = \
      "$(git -C "$mset_dir/stargate.git" rev-parse "refs/$ref/main^{tree}")" ] || broken 'the two made different trees'
  done
  recording=yes
  note_sample "mset-kv-memory-$keys" "$(peak "kv-$keys" ours)"
  note_sample "mset-git-memory-$keys" "$(peak "git-$keys" git)"
  case $keys in
    1000) in_turns 1 "$(rounds 10 3)" mset_by_kv mset_by_git ;;
    10000) in_turns 0 "$(rounds 5 2)" mset_by_kv mset_by_git ;;
    *) in_turns 0 "$(rounds 3 1)" mset_by_kv mset_by_git ;;
  esac
  mset_target=''
  [ "$keys" != 100000 ] || mset_target='ours<=15'
  report "mset of $keys keys, verified (baseline: fast-import, push)" "mset-kv-$keys" "mset-git-$keys" s $mset_target
  report "mset of $keys keys, peak memory of one process" "mset-kv-memory-$keys" "mset-git-memory-$keys" MiB
  remark "peak memory, $keys keys, MiB: $(awk '{ printf "%s %.1f  ", $1, $2 / 1024 }' "$scratch/peaks.kv-$keys.max")"
done
remark 'peak memory is VmHWM, looked at every few milliseconds; "git" is the git processes in the clone'
cd "$scratch" || exit
rm -rf "$mset_dir"
