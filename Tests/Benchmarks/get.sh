# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# One value, offline.

make_seed
cd "$seed" || exit
get_key=p004:user:00050
get_path=$(git ls-tree -r --name-only refs/kv/main kv/main/data | grep "/${get_key//:/%3A}\$") || broken "no $get_key"
get_by_kv() { measure get-kv git kv get --offline "$get_key"; }
get_by_git() { measure get-git git show "refs/kv/main:$get_path"; }
[ "$(git kv get --offline --raw $get_key)" = "$(git show "refs/kv/main:$get_path")" ] || broken 'two values of one key'
in_turns 3 "$(rounds 200 30)" get_by_kv get_by_git
report 'git kv get --offline (baseline: git show)' get-kv get-git ms 'ours<=10'
cd "$scratch" || exit
