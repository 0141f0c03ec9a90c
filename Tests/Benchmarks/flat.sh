# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# Whether pushes stay as fast as they were: 2,000 one after the other, with a mirror, and all housekeeping in between.

make_seed
flat_pushes=$(rounds 2000 300)
flat_dir=$scratch/flat
mkdir "$flat_dir"
sed 's/^namespaces:/stargate:\n  mirror: { max_pushes_per_minute: 60000 }\nnamespaces:/' "$policy" >"$flat_dir/policy.yaml"
cp -R "$seed" "$flat_dir/developer"
# flat_stargate NAME: a Stargate with its mirror and the seed.
flat_stargate() {
  git init --quiet --bare --template= "$flat_dir/$1-mirror.git" || broken 'cannot make a mirror'
  "$root/install.sh" --from "$prefix" --prefix "$prefix" --repo "$flat_dir/$1.git" --policy "$flat_dir/policy.yaml" \
    --mirror "$flat_dir/$1-mirror.git" >"$scratch/err" 2>&1 || broken 'cannot make a Stargate'
  publish "$seed" "$flat_dir/$1.git"
}
flat_stargate old
cd "$flat_dir/developer" || exit
flat_first=$(git rev-list --count refs/kv/main)
for ((i = 0; i < flat_pushes; i++)); do
  git kv set --no-push --quiet "$(printf 'f%04d:name' "$i")" "value $i" 2>"$scratch/err" || broken 'cannot prepare'
done
# The developer's own loose objects are not what is looked at.
git gc --quiet
mapfile -t flat_ledgers < <(git rev-list --reverse refs/kv/main)
mapfile -t flat_indexes < <(git rev-list --reverse refs/kv-index/main)
# flat_push STARGATE N: the nth push; paced, as developers are: the worker of one is done before the next.
flat_push() {
  local at=$((flat_first + $2))
  measure "flat-$1" git push --quiet --atomic "$flat_dir/$1.git" "${flat_ledgers[at]}:refs/kv/main" \
    "${flat_indexes[at]}:refs/kv-index/main"
}
flat_part=$((flat_pushes / 20))
for ((i = 0; i < flat_pushes - flat_part; i++)); do flat_push old "$i"; done
# In turns with the last pushes, so that a machine that grows slow meanwhile is not taken for a store that does.
flat_stargate new
for ((i = 0; i < flat_part; i++)); do flat_push new "$i"; done
flat_old() { flat_push old $((flat_pushes - flat_part + $1)); }
flat_new() { flat_push new $((flat_part + $1)); }
in_turns 0 $flat_part flat_old flat_new
settle
[ "$(git -C "$flat_dir/old-mirror.git" rev-parse refs/kv-mirror/main)" = "$(git rev-parse refs/kv/main)" ] ||
  broken 'the mirror does not have everything'
report "push, the last 5% of $flat_pushes (baseline: those from 5% to 10%)" flat-old flat-new ms 'ratio<=1.2'
for name in old new; do
  remark "flat: $name: $(find "$flat_dir/$name.git/objects" -name '*.pack' | wc -l) packs and $(git -C "$flat_dir/$name.git" count-objects | cut -d' ' -f1) loose objects in the end"
done
cd "$scratch" || exit
