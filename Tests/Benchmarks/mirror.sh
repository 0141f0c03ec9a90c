# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# From accepted to visible: how long after a Stargate has accepted a transaction its mirror shows it, against a bare
# repository whose post-receive is one line of bash that pushes everything on in the background. Then what developers
# feel of a mirror that is away, and how a busy store settles under the default rate limit.

make_seed
mirror_dir=$scratch/mirror
mkdir "$mirror_dir"

# mirror_policy NAME RATE: a policy whose mirror takes so many pushes a minute.
mirror_policy() {
  sed "s/^namespaces:/stargate:\n  mirror: { max_pushes_per_minute: $2 }\nnamespaces:/" "$policy" >"$mirror_dir/$1.yaml"
}
# mirror_of NAME: a bare repository that notes when a ledger becomes visible in it.
mirror_of() {
  { git init --quiet --bare --template= "$mirror_dir/$1.git" && mkdir "$mirror_dir/$1.git/hooks"; } ||
    broken "cannot make $1"
  cat >"$mirror_dir/$1.git/hooks/post-receive" <<END
#!/usr/bin/env bash
now=\$EPOCHREALTIME
while read -r old new ref; do
  [ "\$ref" != refs/kv/main ] || echo "\$new \${now/./}" >>"$mirror_dir/$1.seen"
done
END
  chmod +x "$mirror_dir/$1.git/hooks/post-receive"
  : >"$mirror_dir/$1.seen"
}
mirrored_stargate() {
  "$root/install.sh" --from "$prefix" --prefix "$prefix" --repo "$mirror_dir/$1.git" --policy "$mirror_dir/$2.yaml" \
    --mirror "$mirror_dir/$3.git" >"$scratch/err" 2>&1 || broken "cannot make the Stargate $1"
}

# ---- lag

mirror_sets=$(rounds 200 40)
mirror_policy open 60000
mirror_of shown
mirrored_stargate stargate open shown
# The accepted end of both is noted by a post-receive beside ours; ours comes first, so that ours pays for it.
mkdir "$mirror_dir/hooks"
for name in stargate bash; do : >"$mirror_dir/$name.accepted"; done
mirror_accept() {
  cat <<END
#!/usr/bin/env bash
now=\$EPOCHREALTIME input=\$(cat)
while read -r old new ref; do
  [ "\$ref" != refs/kv/main ] || echo "\$new \${now/./}" >>"$mirror_dir/$1.accepted"
done <<<"\$input"
$2
END
}
rm "$mirror_dir/stargate.git/hooks/post-receive"
mirror_accept stargate "exec '$prefix/libexec/git-kv/kv-post-receive' <<<\"\$input\"" \
  >"$mirror_dir/stargate.git/hooks/post-receive"
mirror_of shown-bash
plain "$mirror_dir/bash.git" "$mirror_dir/stargate.git"
mkdir "$mirror_dir/bash.git/hooks"
mirror_accept bash "git push --quiet --atomic '$mirror_dir/shown-bash.git' '+refs/kv/*:refs/kv/*' \
'+refs/kv-index/*:refs/kv-index/*' '+refs/kv-epoch/*:refs/kv-epoch/*' </dev/null >/dev/null 2>&1 &" \
  >"$mirror_dir/bash.git/hooks/post-receive"
chmod +x "$mirror_dir/"{stargate,bash}.git/hooks/post-receive
publish "$seed" "$mirror_dir/stargate.git" "$mirror_dir/bash.git"
developer "$mirror_dir/developer" "$mirror_dir/stargate.git"

# mirror_set N: one set to the Stargate, then the same commits to the other, each 300 ms after the one before.
mirror_set() {
  cd "$mirror_dir/developer" || exit
  git kv set --quiet "$(printf 'm%03d:name' "$1")" "value $1" 2>"$scratch/err" || broken 'cannot set'
  sleep 0.15
  git push --quiet --atomic "$mirror_dir/bash.git" refs/kv/main refs/kv-index/main 2>"$scratch/err" || broken 'cannot push'
  sleep 0.15
}
for ((i = 0; i < mirror_sets; i++)); do mirror_set "$i"; done
settle
for ((i = 0; i < 100; i++)); do
  [ "$(git -C "$mirror_dir/shown.git" rev-parse refs/kv-mirror/main)" != "$(git rev-parse refs/kv/main)" ] || break
  sleep 0.1
done
[ "$(git -C "$mirror_dir/shown.git" rev-parse refs/kv-mirror/main)" = "$(git rev-parse refs/kv/main)" ] ||
  broken 'the mirror does not have everything'
# mirror_lag NAME SHOWN: samples of the time from accepted to visible; a ledger that came along with a later one became
# visible with that.
mirror_lag() {
  git rev-list --reverse refs/kv/main >"$mirror_dir/order"
  awk -v name="$1" 'FILENAME ~ /accepted$/ { accepted[$1] = $2; next } FILENAME ~ /seen$/ { seen[$1] = $2; next }
    { order[++n] = $1 }
    END { for (i = n; i > 0; i--) { if (order[i] in seen) shown = seen[order[i]]
      if ((order[i] in accepted) && shown) print shown - accepted[order[i]] } }' \
    "$mirror_dir/$1.accepted" "$mirror_dir/$2.seen" "$mirror_dir/order" | head -n "$mirror_sets" >"$samples/lag-$1"
}
mirror_lag stargate shown
mirror_lag bash shown-bash
report 'accepted to visible, plain path (baseline: bash hook that pushes)' lag-stargate lag-bash ms 'ours<150' 'p95<2000'

# ---- a mirror that is away

mirror_away=$(rounds 250 25)
mirrored_stargate away open nowhere
mirror_of there-shown
mirrored_stargate there open there-shown
cp -R "$seed" "$mirror_dir/pusher"
cd "$mirror_dir/pusher" || exit
publish "$seed" "$mirror_dir/away.git" "$mirror_dir/there.git"
mirror_first=$(git rev-list --count refs/kv/main)
for ((i = 0; i < mirror_away + 2; i++)); do
  git kv set --no-push --quiet "$(printf 's%03d:name' "$i")" "value $i" 2>"$scratch/err" || broken 'cannot prepare'
done
mapfile -t mirror_ledgers < <(git rev-list --reverse refs/kv/main)
mapfile -t mirror_indexes < <(git rev-list --reverse refs/kv-index/main)
# The workers of the push before are part of what is felt: no settling here.
mirror_push() {
  local at=$((mirror_first + $2)) from=$EPOCHREALTIME to
  git push --quiet --atomic "$mirror_dir/$1.git" "${mirror_ledgers[at]}:refs/kv/main" \
    "${mirror_indexes[at]}:refs/kv-index/main" 2>"$scratch/err" || broken "cannot push to $1"
  to=$EPOCHREALTIME
  note_sample "push-$1" $((${to/./} - ${from/./}))
}
push_away() { mirror_push away "$1"; }
push_there() { mirror_push there "$1"; }
in_turns 2 "$mirror_away" push_away push_there
report "push while the mirror is away (baseline: while it is there), $mirror_away pushes" push-away push-there ms 'ratio<=1.1'
settle
mirror_of nowhere
mirror_drain() { "$prefix/libexec/git-kv/kv-mirror-worker" --repo "$mirror_dir/away.git" --drain; }
recording=yes
measure drain mirror_drain
recording=''
[ "$(wc -l <"$mirror_dir/nowhere.seen")" = 1 ] || broken 'the backlog did not go in one push'
[ "$(git -C "$mirror_dir/nowhere.git" rev-parse refs/kv-mirror/main)" = "$(git -C "$mirror_dir/away.git" rev-parse refs/kv/main)" ] ||
  broken 'the backlog is not on the mirror'
report "then the backlog drains, in one push of $((mirror_away + 2)) transactions" drain - ms

# ---- a busy store under the default rate limit

mirror_policy usual 6
mirror_of busy-shown
mirrored_stargate busy usual busy-shown
publish "$seed" "$mirror_dir/busy.git"
developer "$mirror_dir/busy" "$mirror_dir/busy.git"
cd "$mirror_dir/busy" || exit
mirror_end=$((SECONDS + $(rounds 60 25)))
mirror_busy=0
while [ "$SECONDS" -lt "$mirror_end" ]; do
  git kv set --quiet "$(printf 'b%04d:name' "$mirror_busy")" x 2>"$scratch/err" || broken 'cannot set'
  mirror_busy=$((mirror_busy + 1))
done
settle
"$prefix/libexec/git-kv/kv-mirror-worker" --repo "$mirror_dir/busy.git" --drain >"$scratch/out" || broken 'cannot drain'
[ "$(git -C "$mirror_dir/busy-shown.git" rev-parse refs/kv-mirror/main)" = "$(git rev-parse refs/kv/main)" ] ||
  broken 'the mirror of the busy store does not have everything'
remark "busy store, 6 pushes a minute: $mirror_busy transactions in $(rounds 60 25) s went in $(wc -l <"$mirror_dir/busy-shown.seen") pushes; seconds between the pushes: $(
  awk 'NR > 1 { printf "%.1f ", ($2 - last) / 1000000 } { last = $2 }' "$mirror_dir/busy-shown.seen"
)"
cd "$scratch" || exit
