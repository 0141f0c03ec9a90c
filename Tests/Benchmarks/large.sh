# shellcheck shell=bash disable=SC2154,SC2034 # run and harness.sh set and read the names that this file shares
# One value of 100 MB in three versions - random bytes; a contiguous 5% in the middle replaced; 1,000 bytes put in
# front - stored by `git kv set`, by raw Git, and by two backup programs that cut by content too. Everyone begins every
# round with a fresh repository and the same file. Then the value is read back.

large=$scratch/large
mkdir "$large"
# With the etag that a policy has by default.
sed 's/etag: blake2b/etag: blake3/' "$policy" >"$large/policy.yaml"
# Nothing of the others' in a home directory.
export RESTIC_PASSWORD=benchmark RESTIC_CACHE_DIR=$large/restic-cache BORG_BASE_DIR=$large/borg-base \
  BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
unset RESTIC_REPOSITORY_FILE RESTIC_PASSWORD_FILE RESTIC_PASSWORD_COMMAND BORG_REPO BORG_CACHE_DIR BORG_CONFIG_DIR

# ---- who takes part: begin_NAME makes a repository, store_NAME stores ./model in it, load_NAME prints it again. They
# run in $large/NAME, and $store is the repository.

begin_kv() {
  local policy=$large/policy.yaml
  stargate "$store"
  developer "$PWD"
  { git remote add origin "$store" && git kv init --epoch 2026Q4 && git kv push; } >"$scratch/out"
}
store_kv() { git kv set model --file model; }
load_kv() { git kv get --offline --raw model; }

begin_git() { git init --quiet --bare "$store" && git init --quiet && git remote add origin "$store"; }
store_git() { git add model && git commit --quiet --message model && git push --quiet origin main; }
load_git() { git -C "$store" cat-file blob main:model; }

# Git that was told not to squeeze.
begin_git0() { begin_git && git config core.compression 0 && git -C "$store" config core.compression 0; }
store_git0() { store_git; }
load_git0() { load_git; }

begin_restic() { restic init --quiet; }
store_restic() { restic backup --quiet model; }
load_restic() { restic dump --quiet latest /model; }

begin_borg() { rm -rf "$BORG_BASE_DIR" && borg init --encryption none "$store"; }
store_borg() { borg create --compression none "$store::$version" model; }
load_borg() { borg extract --stdout "$store::3" model; }
begin_borg_lz4() { begin_borg; }
store_borg_lz4() { borg create "$store::$version" model; }
load_borg_lz4() { load_borg; }

large_names='kv git git0'
! available restic restic || large_names="$large_names restic"
! available borg borgbackup || large_names="$large_names borg borg_lz4"

# ---- storing

# large_files ROUND: makes $large/1 to $large/3, the versions of a round.
large_round=none
large_files() {
  [ "$large_round" != "$1" ] || return 0
  large_round=$1
  {
    head -c 100000000 /dev/urandom >"$large/1" &&
      { head -c 47500000 "$large/1" && head -c 5000000 /dev/urandom && tail -c 47500000 "$large/1"; } >"$large/2" &&
      { head -c 1000 /dev/urandom && cat "$large/2"; } >"$large/3"
  } || broken 'cannot make the file'
}

# bytes_in DIRECTORY: of all its files together.
bytes_in() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }

# large_fresh NAME: makes a fresh repository and goes where it is used.
large_fresh() {
  settle
  store=$large/$1.store kept=$store
  case $1 in kv | git*) kept=$store/objects ;; esac
  export RESTIC_REPOSITORY=$store
  cd "$large" && rm -rf "${large:?}/$1" "$store" && mkdir "$1" && cd "$1" || exit
  "begin_$1" || broken "$1 cannot begin"
}

large_turn() {
  local name=$1 round=$2 version before
  large_files "$round"
  large_fresh "$name"
  for version in 1 2 3; do
    cp "$large/$version" model || exit
    before=$(bytes_in "$kept")
    # What others have written does not have to reach the disk together with ours.
    sync -f .
    measure "$name-$version" "store_$name"
    settle
    note_sample "$name-new-$version" "$(($(bytes_in "$kept") - before))"
  done
  [ "$round" != 0 ] || "load_$name" | cmp -s - model || broken "$name does not give back what it took"
  # Two are still read from.
  case $name in kv | git) ;; *) rm -rf "$store" model ;; esac
}
turn_kv() { large_turn kv "$1"; }
turn_git() { large_turn git "$1"; }
turn_git0() { large_turn git0 "$1"; }
turn_restic() { large_turn restic "$1"; }
turn_borg() { large_turn borg "$1"; }
turn_borg_lz4() { large_turn borg_lz4 "$1"; }
# What the disk takes for a copy that is durable.
turn_copy() {
  large_files "$1"
  cd "$large" && sync -f . || exit
  measure copy large_copy
  rm -f copy
}
large_copy() { cp 1 copy && sync copy; }

read -ra large_turns <<<"turn_copy turn_${large_names// / turn_}"
in_turns 0 "$(rounds 3 1)" "${large_turns[@]}"

# large_row LABEL SAMPLES BASELINE UNIT TARGET...: a row against one of the others, or that it is not here.
large_row() {
  local label=$1 ours=$2 other=$3 unit=$4 named
  shift 4
  case $other in
    git-*) named='git add, commit, push' ;;
    git0-*) named='the same, core.compression 0' ;;
    restic-*) named='restic backup' ;;
    borg-*) named='borg create, no compression' ;;
    borg_lz4-*) named='borg create' ;;
  esac
  if [ -e "$samples/$other" ]; then
    report "$label ($named)" "$ours" "$other" "$unit" "$@"
  else
    absent "$label" "${other%%[-_]*}"
  fi
}
# large_rows LABEL SAMPLE UNIT OTHERS: a row for each of them; a name may have one target behind it.
large_rows() {
  local label=$1 sample=$2 unit=$3 other target
  for other in $4; do
    target=${other#"${other%%:*}"}
    # shellcheck disable=SC2086 # one target, or none
    large_row "$label" "kv-$sample" "${other%%:*}-$sample" "$unit" ${target#:}
  done
}
large_rows '100 MB stored' 1 s 'git:ratio<=0.2 git0 restic:ratio<1 borg borg_lz4'
large_rows '5% replaced' 2 s 'git git0 restic borg borg_lz4'
large_rows '5% replaced, new bytes' new-2 MB 'git:ours<6 restic:ratio<1 borg:ratio<1'
large_rows '1,000 bytes put in front' 3 s 'git git0 restic borg borg_lz4'
large_rows '1,000 bytes put in front, new bytes' new-3 MB 'git:ours<1.5 restic:ratio<1 borg:ratio<1'
report 'cp and sync of the 100 MB' copy - s
remark 'stored: the target is 1.5 s where raw Git takes 7.6 s, a ratio of 0.2'
remark 'stored: git kv set signs, pushes to a Stargate with verify: full, and keeps a copy in the clone; raw Git does'
remark '  not sign; restic encrypts, borg does not; restic derives its key anew in every command'
remark "new bytes: growth of the repository that was pushed to (git's: objects), once its housekeeping is done"
remark 'new bytes: which chunks the ends of a change fall into is chance, hence the range'
remark "5% replaced: raw Git's loose objects hold every version whole, until it packs them"

# ---- reading

large_kv=$large/kv large_git=$large/git
cmp -s "$large_kv/model" "$large_git/model" || broken 'two files'
read_kv() { (cd "$large_kv" && git kv get --offline --raw model); }
read_git() { git -C "$large_git" cat-file blob main:model; }
to_null() { "$1" >/dev/null; }
to_file() { "$1" >"$large/got"; }
to_durable_file() { "$1" >"$large/got" && sync "$large/got"; }
output_kv() { (cd "$large_kv" && git kv get --offline --output "$large/got" model); }

# large_read NAME COMMAND...: into a file that was not there.
large_read() {
  rm -f "$large/got"
  sync -f "$large"
  measure "$@"
  [ ! -e "$large/got" ] || cmp -s "$large/got" "$large_kv/model" || broken "$1 does not give back what was stored"
}
null_by_kv() { large_read null-kv to_null read_kv; }
null_by_git() { large_read null-git to_null read_git; }
file_by_kv() { large_read file-kv to_file read_kv; }
file_by_git() { large_read file-git to_file read_git; }
durable_by_kv() { large_read durable-kv output_kv; }
durable_by_git() { large_read durable-git to_durable_file read_git; }
in_turns 1 "$(rounds 9 3)" null_by_kv null_by_git file_by_kv file_by_git durable_by_kv durable_by_git
report '100 MB get --offline >/dev/null (git cat-file blob)' null-kv null-git ms
report '100 MB get --offline >file (git cat-file blob)' file-kv file-git ms
report '100 MB get --offline --output file, durable (git cat-file blob, sync)' durable-kv durable-git ms

# From a clone that has nothing yet.
fetch_by_kv() {
  cd "$large" && rm -rf fresh || exit
  developer "$large/fresh"
  git -C fresh remote add origin "$large/kv.store"
  cd fresh && large_read fetch-kv git kv get --output "$large/got" model
}
fetch_by_git() {
  cd "$large" && rm -rf fresh || exit
  large_read fetch-git fetch_git
}
fetch_git() {
  git clone --quiet --bare --depth 1 "file://$large/git.store" fresh && git -C fresh cat-file blob main:model >got
}
in_turns 0 "$(rounds 3 1)" fetch_by_kv fetch_by_git
report '100 MB get in a fresh clone (git clone --depth 1, cat-file)' fetch-kv fetch-git s
remark 'get proves the SHA-256 of every chunk and the etag of the whole; git cat-file proves nothing'

# ---- memory, not timed

for name in kv git; do
  large_fresh "$name"
  cp "$large/1" model
  sampled "large-$name" "$PWD" "store_$name"
done
cd "$large/kv" || exit
sampled large-get "$PWD" to_null load_kv
recording=yes
note_sample large-memory "$(peak large-kv ours)"
note_sample large-memory-get "$(peak large-get ours)"
note_sample large-memory-git "$(peak large-git git)"
report '100 MB stored, peak memory of one process (raw Git)' large-memory large-memory-git MiB 'ours<=64'
report '100 MB get, peak memory' large-memory-get - MiB 'ours<=64'
remark "peak memory, 100 MB stored, MiB: $(awk '{ printf "%s %.1f  ", $1, $2 / 1024 }' "$scratch/peaks.large-kv.max")"
recording=''
cd "$scratch" || exit
rm -rf "$large"
