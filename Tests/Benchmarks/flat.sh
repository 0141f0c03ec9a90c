# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# Whether pushes stay as fast as they were: 2,000 one after the other, with a mirror, and all housekeeping in between.

make_seed
flat_pushes=$(rounds 2000 300)
flat_dir=$scratch/flat
mkdir "$flat_dir"
sed 's/^namespaces:/stargate:\n  mirror: { max_pushes_per_minute: 60000 }\nnamespaces:/' "$policy" >"$flat_dir/policy.yaml"
git init --quiet --bare --template= "$flat_dir/mirror.git" || broken 'cannot make a mirror'
"$root/install.sh" --from "$prefix" --prefix "$prefix" --repo "$flat_dir/stargate.git" --policy "$flat_dir/policy.yaml" \
  --mirror "$flat_dir/mirror.git" >"$scratch/err" 2>&1 || broken 'cannot make a Stargate'
cp -R "$seed" "$flat_dir/developer"
publish "$seed" "$flat_dir/stargate.git"
cd "$flat_dir/developer" || exit
flat_first=$(git rev-list --count refs/kv/main)
for ((i = 0; i < flat_pushes; i++)); do
  git kv set --no-push --quiet "$(printf 'f%04d:name' "$i")" "value $i" 2>"$scratch/err" || broken 'cannot prepare'
done
# The developer's own loose objects are not what is looked at.
git gc --quiet
mapfile -t flat_ledgers < <(git rev-list --reverse refs/kv/main)
mapfile -t flat_indexes < <(git rev-list --reverse refs/kv-index/main)
for ((i = 0; i < flat_pushes; i++)); do
  at=$((flat_first + i)) name=flat-between
  if [ "$i" -ge $((flat_pushes / 20)) ] && [ "$i" -lt $((flat_pushes / 10)) ]; then name=flat-early; fi
  if [ "$i" -ge $((flat_pushes - flat_pushes / 20)) ]; then name=flat-late; fi
  # Paced, as developers are: the worker of one push is done before the next.
  settle
  recording=yes
  measure $name git push --quiet --atomic "$flat_dir/stargate.git" "${flat_ledgers[at]}:refs/kv/main" \
    "${flat_indexes[at]}:refs/kv-index/main"
  [ $((i % 20)) != 0 ] || { measure noise-loop empty_loop && measure noise-git git version; }
  recording=''
done
settle
[ "$(git -C "$flat_dir/mirror.git" rev-parse refs/kv-mirror/main)" = "$(git rev-parse refs/kv/main)" ] ||
  broken 'the mirror does not have everything'
report "push, the last 5% of $flat_pushes (baseline: those from 5% to 10%)" flat-late flat-early ms 'ratio<=1.2'
remark "flat: $(find "$flat_dir/stargate.git/objects" -name '*.pack' | wc -l) packs and $(git -C "$flat_dir/stargate.git" count-objects | cut -d' ' -f1) loose objects in the end"
cd "$scratch" || exit
