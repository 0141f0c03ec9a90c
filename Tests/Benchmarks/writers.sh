# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# Eight writers at once on one namespace against one writer who sets as many keys. No key may be lost, nobody give up.

make_seed
writers=8 writers_each=10
writers_dir=$scratch/writers
mkdir "$writers_dir"

# writers_fresh N: a Stargate, and N clones of it.
writers_fresh() {
  settle
  cd "$scratch" || exit
  local i
  rm -rf "${writers_dir:?}"
  mkdir "$writers_dir"
  stargate "$writers_dir/stargate.git"
  publish "$seed" "$writers_dir/stargate.git"
  for ((i = 0; i < $1; i++)); do developer "$writers_dir/$i" "$writers_dir/stargate.git"; done
}
# A writer who gives up a key (exit 2) goes on to the next.
write_keys() {
  local writer=$1 count=$2 i result
  cd "$writers_dir/$writer" || return
  for ((i = 0; i < count; i++)); do
    result=0
    git kv set --quiet "w$writer$((i / 10))$((i % 10)):name" "value $i" 2>>"$writers_dir/$writer.err" || result=$?
    case $result in
      0) ;;
      2) echo "$writer $i" >>"$writers_dir/gave-up" ;;
      *) tail -n 2 "$writers_dir/$writer.err" >&2 && return "$result" ;;
    esac
  done
}
write_together() {
  local i pids=() pid
  for ((i = 0; i < writers; i++)); do
    write_keys "$i" "$writers_each" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || return; done
}
write_alone() { (write_keys 0 $((writers * writers_each))); }

# writers_round NAME CLONES COMMAND: notes the rate, and looks that every acknowledged key is there, in one line of
# commits.
writers_round() {
  local before landed recorded=$recording
  writers_fresh "$2"
  cd "$writers_dir/stargate.git" || exit
  before=$(git rev-list --count refs/kv/main)
  : >"$writers_dir/gave-up"
  recording=''
  measure "$1" "$3"
  recording=$recorded
  landed=$((writers * writers_each - $(wc -l <"$writers_dir/gave-up")))
  note_sample "$1" "$((landed * 1000000000 / elapsed))e-3"
  note_sample "$1-gave-up" "$(wc -l <"$writers_dir/gave-up")"
  settle
  [ "$(git kv list --offline --prefix w | wc -l)" = "$landed" ] || broken "$1: keys are missing, or there unasked"
  [ "$(git rev-list --count refs/kv/main)" = $((before + landed)) ] || broken "$1: not one commit for each key"
  [ -z "$(git rev-list --merges refs/kv/main)" ] || broken "$1: not one line of commits"
}
writers_eight() { writers_round writers-eight "$writers" write_together; }
writers_one() { writers_round writers-one 1 write_alone; }
in_turns 0 "$(rounds 4 1)" writers_eight writers_one
report "$writers writers at once, sets a second (baseline: one writer)" writers-eight writers-one /s 'ratio>=0.8'
report "$writers writers at once, sets given up of $((writers * writers_each))" writers-eight-gave-up writers-one-gave-up '' 'ours<=0'
cd "$scratch" || exit
