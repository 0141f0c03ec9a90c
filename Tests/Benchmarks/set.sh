# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# `git kv set`, fully verified, against the same commits made and pushed by shell plumbing to a repository without hooks.

make_seed
set_rounds=$(rounds 60 10)
set_dir=$scratch/set
mkdir "$set_dir"
stargate "$set_dir/stargate.git"
stargate "$set_dir/judge.git"
plain "$set_dir/plain.git" "$set_dir/stargate.git"
publish "$seed" "$set_dir/stargate.git" "$set_dir/judge.git" "$set_dir/plain.git"
developer "$set_dir/kv" "$set_dir/stargate.git"
cp -R "$seed" "$set_dir/shell"
# The shell keeps an index file for each tree, so that a write costs it the change and not the store.
for ref in kv kv-index; do
  GIT_INDEX_FILE=$set_dir/$ref.index git -C "$set_dir/shell" read-tree "refs/$ref/main" || broken 'cannot read a tree'
done

# A ULID of now.
fresh_ulid() {
  local digits=0123456789ABCDEFGHJKMNPQRSTVWXYZ now i
  now=$((${EPOCHREALTIME/./} / 1000))
  ulid=
  for ((i = 0; i < 10; i++)); do ulid=${digits:now & 31:1}$ulid now=$((now >> 5)); done
  for ((i = 0; i < 16; i++)); do ulid=$ulid${digits:RANDOM & 31:1}; done
}

# shell_set KEY VALUE: one signed transaction, made and pushed in as few processes as it goes. The key begins with four
# bytes that stand for themselves and that no other key begins with; then its place in the index is plain to see.
shell_set() {
  local key=$1 value=$2 name=${1//:/%3A} shard etag data meta pointer ledger ledger_tree index now tree index_tree
  local new_ledger new_index ulid
  read -r shard _ < <(printf %s "$key" | sha256sum)
  read -r etag _ < <(printf %s "$value" | b2sum)
  printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  data=$(printf %s "$value" | git hash-object -w --stdin) || return
  printf '{"created_at":"%s","created_by":"dev@example.org","ctype":"text/plain","etag":"blake2b:%s","v":1}\n' \
    "$now" "$etag" >.git/meta
  printf '{"ctype":"text/plain","etag":"blake2b:%s","key":"%s","ledger_blob":"%s","manifest_blob":null,"size":%d,"type":"inline","v":1}\n' \
    "$etag" "$key" "$data" "${#value}" >.git/pointer
  { read -r meta && read -r pointer; } < <(git hash-object -w --no-filters .git/meta .git/pointer) || return
  { read -r ledger && read -r ledger_tree && read -r index; } \
    < <(git rev-parse refs/kv/main 'refs/kv/main^{tree}' refs/kv-index/main) || return
  printf '100644 %s\t%s\n' "$data" "kv/main/data/${shard:0:2}/${shard:2:2}/$name" \
    "$meta" "kv/main/meta/${shard:0:2}/${shard:2:2}/$name.meta" |
    GIT_INDEX_FILE=$set_dir/kv.index git update-index --index-info || return
  tree=$(GIT_INDEX_FILE=$set_dir/kv.index git write-tree) || return
  printf '100644 %s\t%s\n' "$pointer" "kv/main/index/${key:0:2}/${key:2:2}/$name.ref" |
    GIT_INDEX_FILE=$set_dir/kv-index.index git update-index --index-info || return
  index_tree=$(GIT_INDEX_FILE=$set_dir/kv-index.index git write-tree) || return
  fresh_ulid
  new_index=$(printf 'kv: index of %s\n\nKV-NS: main\nKV-Txn: %s\nKV-Ledger-Tree: %s\n' "$ulid" "$ulid" "$tree" |
    git commit-tree "$index_tree" -p "$index") || return
  new_ledger=$(printf '%s\n' 'kv: set 1, delete 0 in main' '' 'KV-NS: main' "KV-Txn: $ulid" "Base-Tree: $ledger_tree" \
    "KV-Index-Tree: $index_tree" 'KV-Chunks-Tree: -' 'Epoch: 2026Q4' 'Keys-Set: 1' 'Keys-Del: 0' |
    git commit-tree -S "$tree" -p "$ledger") || return
  git push --quiet --atomic "$set_dir/plain.git" "$new_ledger:refs/kv/main" "$new_index:refs/kv-index/main" || return
  printf 'update %s %s %s\n' refs/kv/main "$new_ledger" "$ledger" refs/kv-index/main "$new_index" "$index" |
    git update-ref --stdin
}

set_by_kv() {
  cd "$set_dir/kv" || exit
  measure set-kv git kv set "$(printf 's%03d:name' "$1")" "value $1"
}
set_by_shell() {
  cd "$set_dir/shell" || exit
  measure set-shell shell_set "$(printf 's%03d:name' "$1")" "value $1"
}
in_turns 2 "$set_rounds" set_by_kv set_by_shell

# Both made the same: a Stargate takes what the shell made, and the two indexes are one tree.
publish "$set_dir/shell" "$set_dir/judge.git"
[ "$(git -C "$set_dir/judge.git" rev-parse 'refs/kv-index/main^{tree}')" = \
  "$(git -C "$set_dir/stargate.git" rev-parse 'refs/kv-index/main^{tree}')" ] || broken 'the two made different things'
report 'git kv set, verified (baseline: shell plumbing, no hooks)' set-kv set-shell ms 'ratio<=1.0'
cd "$scratch" || exit
