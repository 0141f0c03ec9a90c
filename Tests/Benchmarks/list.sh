# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# A prefix of 1,000 keys among 100,000, offline and warm.

developer "$scratch/list"
cd "$scratch/list" || exit
batch 100 1000 >"$scratch/batch"
{ git kv init && git kv mset --file - <"$scratch/batch"; } >"$scratch/out" 2>"$scratch/err" ||
  broken 'cannot make 100,000 keys'

list_plain() {
  git ls-tree -r --format='%(objectname)' refs/kv-index/main kv/main/index/p0/42/ | git cat-file --batch
}
list_by_kv() { measure list-kv git kv list --offline --prefix p042:; }
list_by_git() { measure list-git list_plain; }
[ "$(git kv list --offline --prefix p042: | wc -l)" = 1000 ] || broken 'git kv does not list 1,000 keys'
[ "$(list_plain | grep -c '"key":"p042:')" = 1000 ] || broken 'git does not list 1,000 keys'
in_turns 3 "$(rounds 100 20)" list_by_kv list_by_git
report 'list 1,000 of 100,000 keys (baseline: ls-tree, cat-file)' list-kv list-git ms 'p95<=30'
cd "$scratch" || exit
