# shellcheck shell=bash
# What the tests of install.sh share: a scratch directory, a home of their own, checks that count themselves.
# KV_TEST_PREFIX names a prefix with the built programs, which the tests install from.
set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${KV_TEST_PREFIX:?names no prefix: run Tests/run, or install into a directory and name that}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kv-install.XXXXXX")
clean_up() {
  cd / && chmod -R u+w "$scratch" && rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

mkdir "$scratch/home" "$scratch/tmp" "$scratch/work"
export HOME=$scratch/home GIT_CONFIG_GLOBAL=$scratch/home/.gitconfig GIT_CONFIG_NOSYSTEM=1 LC_ALL=C TMPDIR=$scratch/tmp
unset XDG_CONFIG_HOME SSH_AUTH_SOCK GIT_SSH_COMMAND GIT_DIR GIT_WORK_TREE
cd "$scratch/work" || exit

install() { "$root/install.sh" --from "$KV_TEST_PREFIX" "$@"; }

# check NAME COMMAND...: one line, `ok` or `not ok` with what the command printed.
check() {
  local name=$1
  shift
  if "$@" >"$scratch/output" 2>&1; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    sed 's/^/#   /' "$scratch/output"
  fi
}
skip() { echo "# skipped - $1: $2"; }

# refused STATUS TEXT COMMAND...: the command ends with this status and one error line that holds the text.
refused() {
  local status=$1 text=$2 found=0
  shift 2
  "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || found=$?
  cat "$scratch/stderr"
  [ "$found" = "$status" ] || { echo "exit status $found, not $status" && return 1; }
  grep -qF -- "$text" "$scratch/stderr" && grep -q '^install.sh: error: ' "$scratch/stderr"
}

prints() {
  local text=$1
  shift
  "$@" | tee "$scratch/printed"
  [ "${PIPESTATUS[0]}" = 0 ] && grep -qF -- "$text" "$scratch/printed"
}

# Everything that a rewrite would show: name, mode, inode, time, size, link target, content.
listing() {
  find "$@" -printf '%p %y %m %i %T@ %s %l\n' | sort
  find "$@" -type f -exec sha256sum {} + | sort
}

# unchanged PATH... -- COMMAND...: the command's own result, and nothing under the paths is another than before.
unchanged() {
  local paths=() before result=0
  while [ "$1" != -- ]; do paths+=("$1") && shift; done
  shift
  before=$(listing "${paths[@]}")
  "$@" || result=$?
  diff <(echo "$before") <(listing "${paths[@]}") && return "$result"
}

equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'" && return 1; }; }
absent() {
  local path
  for path in "$@"; do
    if [ -e "$path" ] || [ -L "$path" ]; then echo "'$path' is there" && return 1; fi
  done
}
not() { ! "$@"; }

# A directory that holds the named commands of this machine and no others.
only_commands() {
  local directory=$1 name
  shift
  mkdir -p "$directory"
  for name in "$@"; do ln -sf "$(type -P "$name")" "$directory/$name"; done
}
