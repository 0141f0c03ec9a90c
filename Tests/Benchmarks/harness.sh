# shellcheck shell=bash disable=SC2034 # the benchmarks read what this sets
# What the benchmarks share: a scratch directory with a home of its own, Stargates and plain repositories with the same
# git configuration, measuring in turns, and the table.
set -u

benchmarks=$PWD
root=$(cd ../.. && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kv-bench.XXXXXX") || exit
samples=$scratch/samples table=$scratch/table notes=$scratch/notes prefix=$scratch/prefix
mkdir "$samples" "$scratch/home" "$scratch/run" || exit
: >"$table"
: >"$notes"

say() { printf '# %s\n' "$*" >&2; }
broken() {
  printf 'Tests/Benchmarks/run: error: %s\n' "$1" >&2
  [ ! -s "$scratch/err" ] || sed 's/^/  /' "$scratch/err" >&2
  [ ! -s "$table" ] || print_table
  exit 1
}

clean_up() {
  trap - EXIT
  cd / || exit
  local pids
  pids=$(jobs -p)
  # shellcheck disable=SC2086 # a list
  [ -z "$pids" ] || kill $pids 2>/dev/null
  wait
  settle
  rm -rf "$scratch" 2>/dev/null || { sleep 1 && rm -rf "$scratch"; }
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- the programs, and a home where nothing of the user's takes part

if [ -z "${KV_TEST_PREFIX-}" ]; then
  "$root/install.sh" --prefix "$prefix" >"$scratch/err" 2>&1 || broken 'cannot build and install'
else
  "$root/install.sh" --from "$KV_TEST_PREFIX" --prefix "$prefix" >"$scratch/err" 2>&1 || broken 'cannot install'
fi
export HOME=$scratch/home GIT_CONFIG_GLOBAL=$scratch/home/.gitconfig GIT_CONFIG_NOSYSTEM=1 XDG_RUNTIME_DIR=$scratch/run
export LC_ALL=C TZ=UTC PATH=$prefix/bin:$PATH
unset XDG_CONFIG_HOME SSH_AUTH_SOCK GIT_SSH_COMMAND GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_CONFIG_COUNT \
  GIT_CONFIG_PARAMETERS GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
ssh-keygen -q -t ed25519 -N '' -C dev@example.org -f "$HOME/id_ed25519" || broken 'cannot make a key'
git config --global user.name Dev
git config --global user.email dev@example.org
git config --global gpg.format ssh
git config --global user.signingKey "$HOME/id_ed25519.pub"
git config --global init.defaultBranch main
printf 'dev@example.org namespaces="git" %s\n' "$(cat "$HOME/id_ed25519.pub")" >"$HOME/allowed-signers"
# BLAKE2b, as that is the etag which shell plumbing can make too.
policy=$HOME/policy.yaml
cat >"$policy" <<END
version: 1
namespaces:
  main:
    ledger_mode: linear
    require_signed_commits: true
    verify: full
    etag: blake2b
    writers:
      - "$(cat "$HOME/id_ed25519.pub")"
END

# available COMMAND PACKAGE: whether the command is here, or can be installed.
available() {
  command -v "$1" >"$scratch/out" ||
    { "$root/install.sh" --packages "$2" >"$scratch/err" 2>&1 && command -v "$1" >"$scratch/out"; }
}

# ---- repositories

refs='refs/kv/main refs/kv-index/main refs/kv-epoch/main'

stargate() {
  "$root/install.sh" --from "$prefix" --prefix "$prefix" --repo "$1" --policy "$policy" \
    >"$scratch/err" 2>&1 || broken "cannot make the Stargate $1"
}

# plain PATH STARGATE: a bare repository without hooks and with the Stargate's own git configuration.
plain() {
  { git init --quiet --bare --template= "$1" && cp "$2/config" "$1/config"; } || broken "cannot make $1"
}

# developer PATH [URL]: a clone that has what URL has.
developer() {
  { git init --quiet "$1" && mkdir "$1/.kv" && cp "$policy" "$1/.kv/policy.yaml"; } || broken "cannot make $1"
  [ $# -gt 1 ] || return 0
  git -C "$1" remote add origin "$2"
  (cd "$1" && git kv list) >"$scratch/out" 2>"$scratch/err" || broken "$1 cannot read $2"
}

# publish CLONE URL...: sends all there is in a clone to bare repositories, by plain git.
publish() {
  local clone=$1 url
  shift
  for url; do
    # shellcheck disable=SC2086 # a list
    git -C "$clone" push --quiet --atomic "$url" $refs 2>"$scratch/err" || broken "cannot push to $url"
  done
  settle
}

# batch PREFIXES EACH: lines of mset, EACH keys under each of so many prefixes.
batch() {
  awk -v prefixes="$1" -v each="$2" 'BEGIN {
    for (p = 0; p < prefixes; p++) for (k = 0; k < each; k++)
      printf "{\"op\":\"set\",\"key\":\"p%03d:user:%05d\",\"value\":\"{\\\"id\\\":%d,\\\"mail\\\":\\\"user%d@example.org\\\"}\"}\n",
        p, k, p * each + k, p * each + k
  }'
}

# A clone with 1,000 keys that were never pushed, made once.
seed=$scratch/seed
make_seed() {
  [ ! -d "$seed" ] || return 0
  developer "$seed"
  batch 10 100 >"$scratch/batch"
  (cd "$seed" && git kv init --epoch 2026Q4 && git kv mset --file - <"$scratch/batch") \
    >"$scratch/out" 2>"$scratch/err" || broken 'cannot make 1,000 keys'
}

# ---- measuring

# Waits until no worker of ours is left, so that no measurement pays for the one before it.
settle() {
  local process comm
  for process in /proc/[0-9]*; do
    { read -r comm <"$process/comm"; } 2>/dev/null || continue
    while [ "$comm" = kv-mirror-worke ] && [ "$process/exe" -ef "$prefix/libexec/git-kv/kv-mirror-worker" ]; do
      sleep 0.005
    done
  done
}

recording=''
note_sample() { [ -z "$recording" ] || printf '%s\n' "$2" >>"$samples/$1"; }

# measure NAME COMMAND...: runs it, and keeps how many microseconds it took.
measure() {
  local name=$1 from to
  shift
  settle
  from=$EPOCHREALTIME
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || broken "$name failed: $*"
  to=$EPOCHREALTIME
  elapsed=$((${to/./} - ${from/./}))
  note_sample "$name" "$elapsed"
}

empty_loop() {
  local i
  for ((i = 0; i < 5000; i++)); do :; done
}

# in_turns WARM ROUNDS COMMAND...: calls every command once a round, with the round's number, after so many rounds that
# do not count. Every second round runs backwards, and every third starts elsewhere.
in_turns() {
  local warm=$1 rounds=$2 round i n order
  shift 2
  local commands=("$@")
  n=$#
  for ((round = 0; round < warm + rounds; round++)); do
    recording=''
    [ "$round" -lt "$warm" ] || recording=yes
    measure noise-loop empty_loop
    measure noise-git git version
    for ((i = 0; i < n; i++)); do
      order=$(((i + round / 2) % n))
      [ $((round % 2)) = 0 ] || order=$((n - 1 - order))
      "${commands[order]}" "$round"
    done
  done
  recording=''
}
rounds() { if [ -n "$quick" ]; then echo "$2"; else echo "$1"; fi; }

# difference NAME A B: the samples of A less those of B, pair by pair.
difference() { paste "$samples/$2" "$samples/$3" | awk '{ print $1 - $2 }' >"$samples/$1"; }

# sampled NAME DIRECTORY COMMAND...: runs a command and notes the peak memory, in KiB, of each of our programs and of
# each git process that works in DIRECTORY.
sampled() {
  local peaks=$scratch/peaks.$1 directory=$2
  shift 2
  watch_memory "$peaks" "$directory" &
  local watcher=$!
  "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || broken "failed: $*"
  kill "$watcher"
  wait "$watcher" 2>/dev/null
  sort -k1,1 -k2,2rn "$peaks" | awk '!seen[$1]++' >"$peaks.max"
}
# peak NAME ours|git: the most of any of our programs, or of any git process, in KiB.
peak() {
  awk -v kind="$2" '(kind == "git") == ($1 == "git") && $2 > most { most = $2 } END { print most + 0 }' \
    "$scratch/peaks.$1.max"
}
watch_memory() {
  local process comm key value rest git last=' '
  git=$(git --exec-path)/git
  mkfifo "$1.tick" && exec 9<>"$1.tick"
  trap 'exit 0' TERM
  : >"$1"
  while :; do
    for process in /proc/[0-9]*; do
      { read -r comm <"$process/comm"; } 2>/dev/null || continue
      case $comm in
        git) [ "$process/exe" -ef "$git" ] && [ "$process/cwd" -ef "$2" ] ;;
        git-kv) [ "$process/exe" -ef "$prefix/bin/git-kv" ] ;;
        pre-receive) [ "$process/exe" -ef "$prefix/libexec/git-kv/kv-pre-receive" ] ;;
        update | reference-tran*) [ "$process/exe" -ef "$prefix/libexec/git-kv/kv-update" ] ;;
        post-receive) [ "$process/exe" -ef "$prefix/libexec/git-kv/kv-post-receive" ] ;;
        kv-mirror-worke) [ "$process/exe" -ef "$prefix/libexec/git-kv/kv-mirror-worker" ] ;;
        *) false ;;
      esac || continue
      while read -r key value rest; do
        [ "$key" != VmHWM: ] || { [ "$last" = "$comm $value" ] || echo "$comm $value" && last="$comm $value"; }
      done <"$process/status" 2>/dev/null
    done >>"$1"
    read -r -t 0.005 -u 9 rest
  done
}

# ---- the table

# report LABEL OURS BASELINE UNIT TARGET...: one row. OURS and BASELINE name samples (`-`: none); times are kept in
# microseconds and shown in UNIT. A TARGET is WHAT<=NUMBER, WHAT<NUMBER or WHAT>=NUMBER; WHAT is ours (its median),
# p95 (ours) or ratio (of the medians).
report() {
  local label=$1 ours=$2 baseline=$3 unit=$4
  shift 4
  {
    sort -n "$samples/$ours" | sed 's/^/ours /'
    [ "$baseline" = - ] || sort -n "$samples/$baseline" | sed 's/^/baseline /'
  } | awk -v label="$label" -v unit="$unit" -v targets="$*" '
    function quantile(values, n, q,    at) { at = int(q * n + 0.999999); return values[at < 1 ? 1 : at] }
    function median(values, n) { return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2 }
    function show(x) { return sprintf(x >= 100 || x == int(x) ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) }
    BEGIN { scale = unit == "ms" ? 1000 : unit == "s" ? 1000000 : unit == "MiB" ? 1024 : unit == "MB" ? 1000000 : 1 }
    $1 == "ours" { a[++na] = $2 / scale }
    $1 == "baseline" { b[++nb] = $2 / scale }
    END {
      got["ours"] = median(a, na); got["p95"] = quantile(a, na, 0.95)
      if (nb) { base = median(b, nb); if (base > 0) got["ratio"] = got["ours"] / base }
      ours = show(got["ours"]) " " unit
      if (na > 1) ours = ours " (" show(a[1]) ".." show(a[na]) ")"
      met = "-"
      n = split(targets, target, " ")
      for (i = 1; i <= n; i++) {
        match(target[i], /[<>]=?/)
        what = substr(target[i], 1, RSTART - 1); op = substr(target[i], RSTART, RLENGTH)
        limit = substr(target[i], RSTART + RLENGTH) + 0
        holds = (what in got) && (op == "<=" ? got[what] <= limit : op == "<" ? got[what] < limit : got[what] >= limit)
        if (what == "p95") ours = ours ", p95 " show(got["p95"])
        said = said (i > 1 ? ", " : "") (what == "ours" ? "" : what " ") op " " limit (what == "ratio" ? "" : " " unit)
        if (!holds) met = "no"; else if (met == "-") met = "yes"
      }
      printf "%s\t%s\t%s\t%s\t%s\t%s\n", label, ours, nb ? show(base) " " unit : "-", \
        ("ratio" in got) ? sprintf("%.3f", got["ratio"]) : "-", n ? said : "-", met
    }' | tee -a "$table" | tr '\t' ' ' | sed 's/^/#   /' >&2
}
remark() { printf '%s\n' "$*" >>"$notes"; }

# absent LABEL WHAT: a row without figures, as WHAT is not here.
absent() { printf '%s\t-\t%s: not here\t-\t-\t-\n' "$1" "$2" | tee -a "$table" | tr '\t' ' ' | sed 's/^/#   /' >&2; }

# spread NAME: what the machine did to something that always costs the same.
spread() {
  sort -n "$samples/$1" | awk '{ v[NR] = $1 / 1000 } END {
    m = v[int((NR + 1) / 2)]; p = v[int(0.95 * NR + 0.999999)]
    printf "median %.2f ms, %.2f..%.2f, p95 at %.2f of the median (%d samples)", m, v[1], v[NR], p / m, NR }'
}

print_table() {
  { printf 'row\tours: median (min..max)\tbaseline\tratio\ttarget\tmet?\n' && cat "$table"; } | awk -F '\t' '
    { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
    END { for (r = 1; r <= NR; r++) {
      line = ""
      for (i = 1; i <= 6; i++) line = line sprintf(i < 6 ? "%-" width[i] "s  " : "%s", cell[r, i])
      sub(/ +$/, "", line); print line
      if (r == 1) { for (gsub(/./, "-", line); 0;); print line }
    } }'
  echo
  cat "$notes"
  echo "noise, empty loop: $(spread noise-loop)"
  echo "noise, git version: $(spread noise-git)"
  echo "machine: $(nproc) cores, load $(cut -d ' ' -f 1-3 /proc/loadavg), $(git version), $(stat -f -c %T "$scratch") under ${TMPDIR:-/tmp}${quick:+; quick mode}"
}
