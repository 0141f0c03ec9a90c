#!/usr/bin/env bash
# Values of 100 MiB and 1 GiB: they come back byte for byte, and none of our programs holds much of them.
# With KV_TEST_THOROUGH the larger one has 3 GiB, which takes two minutes more; where there is no room it is skipped.
# shellcheck source=SCRIPTDIR/../InstallTests/harness.sh
. "$(dirname "$0")/../InstallTests/harness.sh"

install --prefix p >/dev/null
export PATH=$PWD/p/bin:$PATH XDG_RUNTIME_DIR=$scratch/tmp
work=$PWD
ssh-keygen -q -t ed25519 -N '' -C dev@example.org -f "$HOME/key"
git config --global user.name Dev
git config --global user.email dev@example.org
git config --global user.signingKey "$HOME/key"
git config --global gpg.format ssh
cat >policy.yaml <<END
version: 1
namespaces:
  main:
    require_signed_commits: true
    max_value_total: 4GiB
    writers:
      - "$(cut -d ' ' -f 1,2 "$HOME/key.pub")"
END

# noise BYTES SEED: bytes that nothing squeezes, the same for the same seed.
noise() {
  openssl enc -aes-128-ctr -K "$(printf %032d "$2")" -iv 0 -in /dev/zero 2>/dev/null | head -c "$1"
}

# Becomes the program, and notes the most memory that it ever held: strace lets it linger at its end, and follows no
# other program. What a shell or time(1) says counts in the programs that it has started.
mkdir peaks
cat >measured <<'END'
#!/usr/bin/env bash
# measured FILE PROGRAM ARGUMENT...
sample() {
  local key value idle
  exec {idle}<> <(:)
  while [ -d "/proc/$1" ]; do
    while read -r key value _; do
      [ "$key" != VmHWM: ] || echo "$value" >"$2"
    done <"/proc/$1/status"
    read -rt 0.02 -u "$idle"
  done
}
sample $$ "$1.$$" </dev/null >/dev/null 2>&1 &
shift
exec strace -D -qq -o /dev/null -e trace=exit_group -e inject=exit_group:delay_enter=150000 "$@"
END
chmod +x measured
kv() { "$work/measured" "$work/peaks/git-kv-$1" "$work/p/bin/git-kv" "$@"; }

# most NAME...: what the programs held, in KiB; nothing where one of them never ran.
most() {
  local name
  for name in "$@"; do
    compgen -G "$work/peaks/$name.*" >/dev/null || return
    sort -n "$work/peaks/$name".* | tail -n 1
  done | sort -n | tail -n 1
}
# Of 64 MiB at most, and of something: what was not measured did not run.
holds_little() { echo "$1 KiB" && [ "$1" -gt 1000 ] && [ "$1" -le 65536 ]; }
memory() {
  local item peak
  for item in git-kv-set git-kv-get git-kv-verify pre-receive 'update reference-transaction' post-receive; do
    # shellcheck disable=SC2086 # a list
    peak=$(most $item)
    check "$1: ${item// / and } held $((${peak:-0} / 1024)) MiB" holds_little "${peak:-0}"
  done
  rm -f "$work"/peaks/*
}

# A Stargate whose hooks are measured, and a clone that has begun a namespace there.
stargate() {
  local gate=$PWD/$1.git hook
  install --prefix "$work/p" --repo "$gate" --policy policy.yaml --object-format "$1" >/dev/null
  mkdir "$gate/hooks/real"
  for hook in pre-receive update reference-transaction post-receive; do
    mv "$gate/hooks/$hook" "$gate/hooks/real/$hook"
    printf '#!/bin/sh\nexec "%s" "%s" "%s" "$@"\n' "$work/measured" "$work/peaks/$hook" "$gate/hooks/real/$hook" \
      >"$gate/hooks/$hook"
    chmod +x "$gate/hooks/$hook"
  done
  clone "$1" writer && cd writer && git kv init --quiet --epoch 2026Q4 && git kv push --quiet && cd ..
}
# clone FORMAT NAME
clone() {
  git init -q --object-format "$1" "$2" && git -C "$2" remote add origin "$PWD/$1.git" && mkdir "$2/.kv" &&
    cp policy.yaml "$2/.kv/policy.yaml"
}
stored() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d\n", sum }'; }
# brings_less BYTES DIRECTORY COMMAND...: the command makes the directory grow by less than that.
brings_less() {
  local limit=$1 directory=$2 before grown
  shift 2
  before=$(stored "$directory")
  "$@" || return
  grown=$(($(stored "$directory") - before))
  echo "$grown bytes"
  [ "$grown" -lt "$limit" ]
}
from_pipe() { noise "$1" "$2" | (cd writer && kv set "$3" - --quiet); }
from_file() { (cd writer && kv set "$1" "$2" --quiet); }
# reads NAME KEY COMMAND...: the clone prints as value what the command prints.
reads() {
  local name=$1 key=$2
  shift 2
  (cd "$name" && kv get "$key") | cmp - <("$@")
  [ "${PIPESTATUS[*]}" = '0 0' ]
}
verifies() { (cd "$1" && kv verify --all); }
to_file() { (cd "$1" && kv get "$2" --output ../got) && cmp got "$3" && rm got; }

# several FORMAT MIB
several() {
  local size=$(($2 << 20)) format=$1 mib="$2 MiB"
  # One of the two hashes every byte on the server, too.
  [ "$format" = sha1 ] || echo '    verify: deep' >>policy.yaml
  stargate "$format"
  noise "$size" 1 >value
  check "$format: $mib from a file" from_file a ../value
  check "$format: $mib from a pipe" from_pipe "$size" 2 b
  check "$format: the same bytes again bring none" brings_less 200000 "$format.git" from_pipe "$size" 1 c
  clone "$format" reader
  check "$format: a fresh clone has one of them" brings_less $((size + size / 20)) reader reads reader a cat value
  check "$format: and the other" reads reader b noise "$size" 2
  check "$format: into a file" to_file writer c value
  check "$format: a part" equal "$(cd reader && git kv get a --range 19999999-20000098 | sha256sum)" \
    "$(tail -c +20000000 value | head -c 100 | sha256sum)"
  check "$format: all of it is verified" verifies writer
  memory "$format, $mib"
}
changes() {
  truncate -s 100000000 value
  from_file d ../value
  { head -c 47500000 value && noise 5000000 3 && tail -c +52500001 value; } >changed
  check 'five in a hundred bytes of 100 MB changed: less than 6 MB are new' \
    brings_less 6000000 sha1.git from_file d ../changed
  { noise 1000 4 && cat value; } >changed
  check '1,000 bytes put in front: less than 1.5 MB are new' brings_less 1500000 sha1.git from_file d ../changed
  check 'it comes back' reads writer d cat changed
}
# gigabytes GIB
gigabytes() {
  local size=$(($1 << 30)) gib="$1 GiB"
  stargate sha1
  noise "$size" 5 >value
  check "sha1: $gib from a file" from_file a ../value
  rm value
  check "sha1: the same $gib from a pipe bring nothing" brings_less 4000000 sha1.git from_pipe "$size" 5 b
  check 'sha1: they come back' reads writer b noise "$size" 5
  check 'sha1: and are verified' verifies writer
  memory "sha1, $gib"
}
free_gib() { df -Pk . | awk 'END { print int($4 / 1048576) }'; }
# part COMMAND...: in a directory of its own, which goes at once.
part() {
  mkdir part && cp policy.yaml part && cd part || exit
  "$@"
  cd "$work" && chmod -R u+w part && rm -rf part || exit
}

part several sha256 24
part eval 'several sha1 100; changes'
gib=${KV_TEST_THOROUGH:+3}
gib=${gib:-1}
if [ "$(free_gib)" -ge $((5 * gib + 1)) ]; then
  part gigabytes "$gib"
else
  skip "a value of $gib GiB" "less than $((5 * gib + 1)) GiB are free"
fi
