# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# What hooks add to a push: the same prepared transactions, one after the other, to a repository without hooks, to a
# Stargate that proves everything, and to one whose bash hooks look at the tips.

make_seed
hooks_rounds=$(rounds 60 10)
hooks_dir=$scratch/hooks
mkdir "$hooks_dir"
stargate "$hooks_dir/stargate.git"
plain "$hooks_dir/plain.git" "$hooks_dir/stargate.git"
plain "$hooks_dir/tips.git" "$hooks_dir/stargate.git"
cp -R "$seed" "$hooks_dir/developer"
publish "$hooks_dir/developer" "$hooks_dir/plain.git" "$hooks_dir/stargate.git" "$hooks_dir/tips.git"
# Its hooks take no first transaction, so they come after it.
mkdir "$hooks_dir/tips.git/hooks"
cp "$benchmarks/tips-pre-receive" "$hooks_dir/tips.git/hooks/pre-receive"
cp "$benchmarks/tips-update" "$hooks_dir/tips.git/hooks/update"
chmod +x "$hooks_dir/tips.git/hooks/"*
cp "$HOME/allowed-signers" "$hooks_dir/stargate.git/.stargate-leader" "$hooks_dir/tips.git/"

cd "$hooks_dir/developer" || exit
hooks_first=$(git rev-list --count refs/kv/main)
for ((i = 0; i < hooks_rounds + 2; i++)); do
  git kv set --no-push "$(printf 's%03d:name' "$i")" "value $i" >"$scratch/out" 2>"$scratch/err" ||
    broken 'cannot prepare a transaction'
done
mapfile -t hooks_ledgers < <(git rev-list --reverse refs/kv/main)
mapfile -t hooks_indexes < <(git rev-list --reverse refs/kv-index/main)

push_bare() {
  local at=$((hooks_first + $3))
  measure "$1" git push --quiet --atomic "$hooks_dir/$2" \
    "${hooks_ledgers[at]}:refs/kv/main" "${hooks_indexes[at]}:refs/kv-index/main"
}
push_plain() { push_bare push-plain plain.git "$1"; }
push_stargate() { push_bare push-stargate stargate.git "$1"; }
push_tips() { push_bare push-tips tips.git "$1"; }
in_turns 2 "$hooks_rounds" push_plain push_stargate push_tips

for repository in plain stargate tips; do
  for ref in refs/kv/main refs/kv-index/main; do
    [ "$(git -C "$hooks_dir/$repository.git" rev-parse $ref)" = "$(git rev-parse $ref)" ] ||
      broken "$repository.git does not hold what was pushed"
  done
done
difference hooks-ours push-stargate push-plain
difference hooks-tips push-tips push-plain
report 'push without hooks -> all hooks, verify: full' push-stargate push-plain ms
report 'time all hooks add (baseline: tip-only bash hooks)' hooks-ours hooks-tips ms 'ours<=15' 'ratio<0.5'
remark "hooks: the same git configuration on all three: $(git config --file "$hooks_dir/plain.git/config" --list |
  grep -E '^(core\.fsync|core\.logallrefupdates|receive\.)' | tr '\n' ' ')"
cd "$scratch" || exit
