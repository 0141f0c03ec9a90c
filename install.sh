#!/bin/sh
# Builds git-kv, installs it, and makes a path, here or on an SSH host, a Stargate.
#
# One file does it in both places: a host is sent this file and the built programs as one git pack, and runs this
# same code with --from. What runs there must stay plain sh and need only git and the basic file tools.
#
# Everything is looked at before anything changes, and only what differs is changed: a refusal leaves all as it was,
# and so does a second run.
set -eu
unset CDPATH GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR \
  GIT_NAMESPACE GIT_PREFIX GIT_QUARANTINE_PATH

usage() {
  cat <<'EOF'
usage: install.sh [--prefix DIR]
       install.sh --repo PATH [--mirror URL] [--policy FILE] [--object-format sha1|sha256] [--standby|--leader]
                  [--prefix DIR]
       install.sh --host [USER@]HOST [--ssh COMMAND] [--repo PATH ...] [--prefix DIR]
       install.sh --uninstall [--repo PATH] [--prefix DIR]
       install.sh --demo [--keep]
       install.sh --packages [NAME,...]

Builds git-kv and installs it; with --repo also makes PATH a Stargate. A second run changes nothing.

  --prefix DIR          install under DIR (default: /usr/local as root, else ~/.local; on a host: /usr/local where
                        it can be written)
  --repo PATH           create the bare repository PATH if it is missing; give it hooks, policy, leader file, config
  --mirror URL          the repository that shows everything to readers; PATH also gets a systemd timer and a cron
                        line that keep it up to date, for you to put in place
  --policy FILE         copy FILE as the policy (default: a scaffold that lets nobody write yet)
  --object-format NAME  of a new repository: sha1 or sha256 (default: the mirror's, else git's own)
  --standby             of a new Stargate: leave the leader file out, so that it refuses pushes until it is promoted
  --leader              promote a standby: make this host the leader. Without it a Stargate keeps the role it has
  --force               replace a hook, policy or unit that is not ours; the old one stays as NAME.backup-<time>
  --host [USER@]HOST    do all this on an SSH host, which needs only git and sh; relative paths start at its home
  --ssh COMMAND         reach the host with COMMAND, e.g. 'ssh -p 2222' (default: $GIT_SSH_COMMAND, else ssh)
  --from DIR            install the programs of DIR, a prefix that this script filled, instead of building
  --uninstall           with --repo: unhook PATH, its data stays; then remove the programs, unless another
                        repository still runs them
  --dry-run             say what would change, and change nothing
  --demo                show a Stargate at work in a temporary directory, with real data; --keep leaves it there
  --packages [NAME,...] install the Debian packages that a build needs, and NAME..., and stop
  --help                print this
EOF
}

main() {
  read_options "$@"
  check_options
  here=$(absolute "$(dirname "$0")")
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
  tmp=$(mktemp -d "${TMPDIR:-/tmp}/git-kv-install.XXXXXX")
  if [ -n "$demo" ]; then
    demo
  elif [ -n "$packages" ]; then
    # shellcheck disable=SC2046,SC2086 # lists of names
    require_packages $build_packages $(printf '%s\n' "$extra" | tr , ' ')
  elif [ -n "$host" ]; then
    send
  else
    prefix=$(absolute "${prefix:-$(default_prefix)}")
    repo=${repo:+$(absolute "$repo")}
    if [ -n "$uninstall" ]; then uninstall; else install; fi
    [ "$changes" != 0 ] || say "nothing to change"
  fi
}

install() {
  [ -n "$from" ] || require_packages git openssh-client
  require_git
  check_prefix
  [ -z "$repo" ] || check_repo
  make_stage
  place
  [ -z "$repo" ] || make_repo
  what_next
}

demo() {
  [ -x "$here/Tests/demo" ] || fail "no demo beside '$0'" "run it from the project"
  require_packages git openssh-client
  rm -rf "$tmp"
  exec "$here/Tests/demo" ${keep_demo:+--keep} ${from:+--from "$from"}
}

default_prefix() { if [ "$(id -u)" = 0 ]; then echo /usr/local; else printf '%s\n' "$HOME/.local"; fi; }

clean_up() {
  cd /
  [ -z "$pending" ] || rm -f "$pending"
  [ -z "$tmp" ] || rm -rf "$tmp"
}

# ---- the command line

prefix='' repo='' mirror='' policy='' object_format='' host='' ssh='' from='' extra=''
tmp='' standby='' leader='' force='' dry_run='' uninstall='' demo='' keep_demo='' packages=''

read_options() {
  while [ $# -gt 0 ]; do
    case ${1%%=*} in
      --prefix | --repo | --mirror | --policy | --object-format | --host | --ssh | --from)
        case $1 in
          *=*) set_option "${1%%=*}" "${1#*=}" ;;
          *) set_option "$1" "${2-}" && shift ;;
        esac
        ;;
      --packages)
        packages=--packages
        case $1 in
          *=*) extra=${1#*=} ;;
          *) case ${2-} in '' | -*) ;; *) extra=$2 && shift ;; esac ;;
        esac
        ;;
      *) set_flag "$1" ;;
    esac
    shift
  done
}

set_option() {
  case $2 in
    '') wrong_usage "$1 needs a value" ;;
    *'
'*) wrong_usage "$1 cannot hold a line break" ;;
  esac
  case $1 in
    --object-format) object_format=$2 ;;
    *) eval "${1#--}=\$2" ;;
  esac
}

# A flag holds its own name, to be passed on.
set_flag() {
  case $1 in
    --standby) standby=$1 ;;
    --leader) leader=$1 ;;
    --force) force=$1 ;;
    --dry-run) dry_run=$1 ;;
    --uninstall) uninstall=$1 ;;
    --demo) demo=$1 ;;
    --keep) keep_demo=$1 ;;
    --help | -h) usage && exit 0 ;;
    -*) wrong_usage "unknown option '$1'" ;;
    *) wrong_usage "unexpected argument '$1'" ;;
  esac
}

check_options() {
  case $object_format in '' | sha1 | sha256) ;; *) wrong_usage "unknown object format '$object_format'" ;; esac
  case $host in -*) wrong_usage "'$host' is not a host" ;; esac
  case $mirror in -*) wrong_usage "'$mirror' is not a URL" ;; esac
  of_repo=$mirror$policy$object_format$standby$leader
  [ -n "$repo" ] || [ -z "$of_repo" ] ||
    wrong_usage "--mirror, --policy, --object-format, --standby and --leader need --repo"
  [ -z "$standby" ] || [ -z "$leader" ] || wrong_usage "--standby and --leader exclude each other"
  [ -z "$uninstall" ] || [ -z "$of_repo$from" ] ||
    wrong_usage "--uninstall goes with --repo, --prefix, --host, --force and --dry-run only"
  [ -n "$host" ] || [ -z "$ssh" ] || wrong_usage "--ssh needs --host"
  [ -n "$demo" ] || [ -z "$keep_demo" ] || wrong_usage "--keep needs --demo"
  [ -z "$demo" ] || [ -z "$dry_run" ] || wrong_usage "--demo has no dry run"
  [ -z "$demo$packages" ] || [ -z "$prefix$repo$host$uninstall" ] || wrong_usage "${demo:-$packages} stands alone"
  [ -z "$policy" ] || [ -f "$policy" ] || fail "no policy file '$policy'"
  policy=${policy:+$(absolute "$policy")}
  from=${from:+$(absolute "$from")}
  ssh=${ssh:-${GIT_SSH_COMMAND:-ssh}}
}

# ---- what is said

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: error: %s\n' "$1" >&2
  [ -z "${2-}" ] || printf 'install.sh: hint: %s\n' "$2" >&2
  exit "${3:-1}"
}
wrong_usage() { fail "$1" "see install.sh --help" 64; }

# change TEXT COMMAND...: says what changes and, unless this is a dry run, runs the command that does it.
changes=0
change() {
  changes=$((changes + 1))
  if [ -n "$dry_run" ]; then
    say "would $1"
  else
    say "$1"
    shift
    "$@"
  fi
}

what_next() {
  [ -z "$dry_run" ] && [ "$changes" != 0 ] || return 0
  case :$PATH: in *":$prefix/bin:"*) ;; *) say "next: put $prefix/bin on your PATH" ;; esac
  [ -z "$scaffolded" ] || say "next: put the writers' public keys into $policy_file"
  [ -z "$scheduled" ] || say_schedule
  [ -z "$scheduled$new_mirror" ] || say_credentials
}

# ---- files

# The absolute form of a path, whether or not it exists yet.
absolute() (
  # shellcheck disable=SC2088 # a path for a host comes with its tilde
  case $1 in
    '~' | '~/'*) set -- "$HOME${1#?}" ;;
    /*) ;;
    *) set -- "./$1" ;;
  esac
  if [ -d "$1" ]; then
    cd "$1" && pwd
  else
    parent=$(absolute "$(dirname "$1")")
    printf '%s/%s\n' "${parent%/}" "$(basename "$1")"
  fi
)

# swap TEXT OLD NEW: the text with NEW for each OLD.
swap() (
  rest=$1 text=
  while :; do
    case $rest in *"$2"*) ;; *) break ;; esac
    text=$text${rest%%"$2"*}$3
    rest=${rest#*"$2"}
  done
  printf '%s\n' "$text$rest"
)

# A word as a shell takes it.
in_quotes() { printf "'%s'\n" "$(swap "$1" "'" "'\\''")"; }

exists() { [ -e "$1" ] || [ -L "$1" ]; }

nearest() (
  while ! exists "$1"; do set -- "$(dirname "$1")"; done
  printf '%s\n' "$1"
)

# Whether the second is a plain file of the same content, and as executable.
same() {
  [ -f "$2" ] && [ ! -L "$2" ] &&
    git -c core.autocrlf=false diff --no-index --no-ext-diff --no-textconv --quiet "$1" "$2"
}

# replace FILE COMMAND...: the command, given a name to make, makes the new FILE, which takes its place in one step:
# what runs or reads it sees the old or the new one, whole.
pending=''
replace() {
  target=$1
  shift
  pending=$target.new-$$
  "$@" "$pending"
  mv -f "$pending" "$target"
  pending=''
}
copy() {
  cp "$2" "$3"
  chmod "$1" "$3"
}

remove() { ! exists "$1" || change "remove $1" rm -f "$1"; }

# each_line FILE COMMAND...: runs the command with each line of the file as its last argument.
each_line() {
  list=$1
  shift
  while IFS= read -r line; do "$@" "$line"; done <"$list"
}

# Whether a file has this line.
lists() (
  [ -f "$1" ] || exit 1
  while IFS= read -r line; do [ "$line" != "$2" ] || exit 0; done <"$1"
  exit 1
)

# ---- what must be here

build_packages='git openssh-client libyaml-dev libb2-dev pkg-config'

require_packages() {
  missing=
  for package in "$@"; do present "$package" || missing="$missing $package"; done
  missing=${missing# }
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "missing here: $missing (Debian's names)" "install them, then run this again"
  as_root=
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "missing here: $missing" "run: sudo apt-get install $missing"
    as_root='sudo -n'
  fi
  change "install the packages: $missing" install_packages
}

present() {
  case $1 in
    openssh-client) command -v ssh-keygen ;;
    openssh-server) [ -x /usr/sbin/sshd ] || command -v sshd ;;
    libyaml-dev) header yaml.h ;;
    libb2-dev) header blake2.h ;;
    gitolite3) command -v gitolite ;;
    lighttpd) [ -x /usr/sbin/lighttpd ] || command -v lighttpd ;;
    *) command -v "$1" ;;
  esac >/dev/null
}
header() { [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]; }

install_packages() {
  apt_install >"$tmp/apt.log" 2>&1 || { $as_root apt-get update && apt_install; } >>"$tmp/apt.log" 2>&1 || {
    cat "$tmp/apt.log" >&2
    fail "cannot install: $missing"
  }
}
# No package starts its service: to a sysvinit this is runlevel 1, and a systemd is not reached.
apt_install() {
  mkdir -p "$tmp/quiet"
  printf '#!/bin/sh\n' >"$tmp/quiet/systemctl"
  chmod 755 "$tmp/quiet" "$tmp/quiet/systemctl"
  # shellcheck disable=SC2086 # both are lists of words
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 PATH="$tmp/quiet:$PATH:/usr/sbin:/sbin" \
    apt-get install -y --no-install-recommends $missing
}

require_git() {
  command -v git >/dev/null || fail "no git here"
  # shellcheck disable=SC2046 # the words of "git version 2.39.5"
  set -- $(git version)
  minor=${3#*.}
  minor=${minor%%.*}
  { [ "${3%%.*}" -eq 2 ] && [ "$minor" -lt 36 ]; } || [ "${3%%.*}" -lt 2 ] || return 0
  fail "git $3 is too old" "git 2.36 is the first that makes an accepted push durable (core.fsync)"
}

# ---- the programs

programs='bin/git-kv libexec/git-kv/kv-pre-receive libexec/git-kv/kv-update libexec/git-kv/kv-post-receive
  libexec/git-kv/kv-mirror-worker'
completions='bash:share/bash-completion/completions/git-kv zsh:share/zsh/site-functions/_git-kv
  fish:share/fish/vendor_completions.d/git-kv.fish'
state=libexec/git-kv # under a prefix: the hooks, `repositories` (who runs them),
manifest=$state/manifest # and what was installed

# Builds, and lays everything out under $stage as it will stand under the prefix. A dry run does not build: what
# is not built yet is an empty file there.
make_stage() {
  stage=$tmp/stage
  if [ -n "$from" ]; then
    [ -f "$from/$manifest" ] || fail "'$from' holds no installed programs"
    stage=$from
    return
  fi
  [ -f "$here/Package.swift" ] || fail "no sources beside '$0'" "run it from the project, or give --from"
  # shellcheck disable=SC2086 # a list of names
  require_packages $build_packages
  command -v swift >/dev/null ||
    fail "no swift here" "install Swift 6.2 or later (https://swift.org/install), then run this again"
  build
  built=$here/.build/release
  [ -z "$dry_run" ] || [ -x "$built/git-kv" ] || built=
  for program in $programs; do stage_file "$program" "${built:+stage_program}" "$built/${program##*/}"; done
  for item in $completions; do stage_file "${item#*:}" "${built:+stage_completion}" "${item%%:*}"; done
  for page in "$here"/man/*.[1-9]; do
    [ ! -f "$page" ] || stage_file "share/man/man${page##*.}/${page##*/}" stage_page "$page"
  done
}

# stage_file FILE COMMAND SOURCE: lists FILE and makes it with the command, or empty without one.
stage_file() {
  mkdir -p "$(dirname "$stage/$1")" "$stage/$state"
  printf '%s\n' "$1" >>"$stage/$manifest"
  if [ -n "$2" ]; then "$2" "$3" "$stage/$1"; else : >"$stage/$1"; fi
}
stage_program() {
  strip -o "$2" "$1" 2>/dev/null || llvm-strip -o "$2" "$1" 2>/dev/null || cp "$1" "$2"
  chmod 755 "$2"
}
stage_completion() { "$stage/bin/git-kv" --generate-completion-script "$1" >"$2"; }
stage_page() { copy 644 "$1" "$2"; }

build() {
  set -- swift build -c release -Xswiftc -static-executable --package-path "$here"
  [ -z "$dry_run" ] || { say "would build: $*" && return; }
  say "building: $*"
  # SwiftPM leaves temporary directories behind, so it gets them in ours.
  { TMPDIR=$tmp "$@" </dev/null 2>&1 && : >"$tmp/built"; } | build_messages >&2
  [ -e "$tmp/built" ] || fail "the build failed"
}

# Drops what every static link warns of, and keeps progress to one line, on a terminal only.
build_messages() {
  while IFS= read -r line; do
    case $line in
      *'in statically linked applications requires at runtime'* | *swift_static*"is dangerous, better use"*) ;;
      '['*/*']'* | 'Building for '*) [ ! -t 2 ] || printf '\r\033[K%.100s' "$line" ;;
      *) { [ ! -t 2 ] || printf '\r\033[K'; } && printf '%s\n' "$line" ;;
    esac
  done
  return 0
}

check_prefix() {
  [ "$from" != "$prefix" ] || return 0
  for directory in bin libexec share; do
    [ -w "$(nearest "$prefix/$directory")" ] || fail "cannot write to '$prefix/$directory'" "choose another --prefix"
  done
}

# Installs what differs, and removes what an older version installed and this one does not have.
place() {
  [ "$stage" != "$prefix" ] || return 0
  each_line "$stage/$manifest" place_file
  [ ! -f "$prefix/$manifest" ] || each_line "$prefix/$manifest" remove_stale
  place_file "$manifest"
}
place_file() { same "$stage/$1" "$prefix/$1" || change "install $prefix/$1" install_file "$1"; }
install_file() {
  case $1 in share/* | "$manifest") mode=644 ;; *) mode=755 ;; esac
  (umask 022 && mkdir -p "$(dirname "$prefix/$1")")
  replace "$prefix/$1" copy "$mode" "$stage/$1"
}
remove_stale() { lists "$stage/$manifest" "$1" || remove "$prefix/$1"; }

# ---- a Stargate

hooks='pre-receive:kv-pre-receive update:kv-update reference-transaction:kv-update post-receive:kv-post-receive'
mirrored='kv kv-index kv-chunks kv-epoch kv-archive kv-watchlog kv-mirror'
is_new='' why='' scaffolded='' leads='' new_mirror='' scheduled=''

# Looks at everything that could stand in the way, before anything changes.
check_repo() {
  policy_file=$repo/.kv/policy.yaml
  leader_file=$repo/.stargate-leader
  ground=$(nearest "$repo")
  owner=$(owner_of "$ground")
  [ -d "$ground" ] || fail "'$ground' is not a directory"
  for directory in "$ground" "$repo/hooks" "$repo/.kv" "$repo/.stargate" "$repo/$schedule"; do
    [ ! -e "$directory" ] || [ -w "$directory" ] || fail "cannot write to '$directory'"
  done
  if [ -d "$repo" ] && [ -n "$(ls -A "$repo")" ]; then
    check_existing
  else
    is_new=yes
  fi
  [ -z "$mirror" ] || check_mirror
  check_hooks
  check_policy
  check_role
}

# The hooks come first and the leader file last: until that stands, every push is refused.
make_repo() {
  [ -z "$is_new" ] ||
    change "create the bare repository $repo (${object_format:-object format: git decides}$why)" create
  for directory in hooks .kv .stargate; do
    [ -d "$repo/$directory" ] || [ -n "$dry_run" ] || { mkdir "$repo/$directory" && own "$repo/$directory"; }
  done
  for item in $hooks; do hook "$repo/hooks/${item%%:*}" "$prefix/$state/${item#*:}"; done
  configure
  [ -z "$mirror" ] || configure_mirror
  write_schedule
  write_policy
  take_role
  register
}

# The git directory is named outright, as git then does not ask whose it is.
git_here() { git --git-dir="$repo" "$@"; }

# Prints true, false, or none where there is no repository.
bareness() {
  if [ -e "$repo/.git" ]; then echo false; else git_here rev-parse --is-bare-repository 2>/dev/null || echo none; fi
}

check_existing() {
  case $(bareness) in
    true) ;;
    false) fail "'$repo' is not a bare repository" "a Stargate has no work tree: name a new path" ;;
    *) fail "'$repo' is neither empty nor a git repository" ;;
  esac
  found=$(git_here rev-parse --show-object-format)
  [ "${object_format:-$found}" = "$found" ] || fail "'$repo' is a $found repository, not $object_format"
  object_format=$found
}

create() {
  first=$repo # the topmost directory that this run makes
  while ! exists "$(dirname "$first")"; do first=$(dirname "$first"); done
  git -c init.defaultBranch=main init --quiet --bare --template= \
    ${object_format:+--object-format="$object_format"} "$repo"
  own "$first" -R
  [ -n "$object_format" ] || say "the object format is $(git_here rev-parse --show-object-format)"
}

# own FILE [-R]: gives what root makes in somebody's repository to that somebody.
own() { [ "$(id -u)" != 0 ] || [ "$owner" = 0:0 ] || chown -h ${2:+"$2"} "$owner" "$1"; }
owner_of() (
  # shellcheck disable=SC2012 # stat is not POSIX; the numbers stand before the name
  ls -ldn "$1" | { read -r _ _ user group _ && printf '%s:%s\n' "$user" "$group"; }
)

# Moves aside what is not ours.
keep() {
  backup=$1.backup-$(date -u +%Y%m%dT%H%M%SZ)
  ! exists "$backup" || fail "'$backup' is in the way"
  change "keep the old $1 as $backup" mv "$1" "$backup"
}

# ---- a Stargate's hooks

is_ours() {
  [ -L "$1" ] || return 1
  case $(readlink "$1") in */libexec/git-kv/kv-*) ;; *) return 1 ;; esac
}

check_hooks() {
  hooks_path=$(git_here config core.hooksPath) || hooks_path=
  [ -z "$hooks_path" ] ||
    fail "core.hooksPath is '$hooks_path', so git would not run the hooks of '$repo'" "unset it in git's configuration"
  foreign=
  for item in $hooks; do
    hook=$repo/hooks/${item%%:*}
    ! exists "$hook" || is_ours "$hook" || foreign="$foreign ${item%%:*}"
  done
  [ -z "$foreign" ] || [ -n "$force" ] ||
    fail "'$repo' has hooks that are not ours:$foreign" "--force replaces them and keeps the old ones beside them"
}

hook() {
  [ "$(readlink "$1" 2>/dev/null)" != "$2" ] || return 0
  ! exists "$1" || is_ours "$1" || keep "$1"
  change "hook $1" replace "$1" link "$2"
}
link() {
  ln -s "$1" "$2"
  own "$2"
}

# ---- a Stargate's configuration

configure() {
  # An accepted push is on the disk; git's default syncs nothing for a small one.
  setting core.fsync committed,loose-object
  setting receive.fsckObjects true
  # The worker does the housekeeping, off the path of a push, and does not search chunks for deltas.
  setting receive.autogc false
  setting core.bigFileThreshold 64k
  setting receive.denyDeletes true
  setting receive.denyNonFastForwards true
  setting core.logAllRefUpdates false
  # Clients fetch the trees of the chunks without the bytes, then single chunks by id. Protocol v2 serves any id, but
  # a stock sshd does not accept GIT_PROTOCOL, so over ssh git falls back to v0, which serves tips of refs alone.
  setting uploadpack.allowFilter true
  setting uploadpack.allowAnySHA1InWant true
  # What the worker remembers of the mirror is nobody else's business.
  one_of transfer.hideRefs refs/kv-tracking
}
setting() {
  [ "$(git config --file "$repo/config" --get-all "$1" 2>/dev/null)" = "$2" ] ||
    change "set $1 to $2" edit_config --replace-all "$1" "$2"
}
# one_of NAME VALUE: a setting that may have other values too.
one_of() {
  git config --file "$repo/config" --fixed-value --get "$1" "$2" >/dev/null 2>&1 ||
    change "add $2 to $1" edit_config --add "$1" "$2"
}
edit_config() {
  git config --file "$repo/config" "$@"
  own "$repo/config"
}

# ---- a Stargate's mirror

check_mirror() {
  [ ! -d "$mirror" ] || mirror=$(absolute "$mirror")
  shown=
  if [ "$(git_here config remote.github-origin.url)" != "$mirror" ]; then
    new_mirror=yes
    ask_mirror
  fi
  if [ -z "$object_format" ]; then
    object_format=${shown:-sha1}
    if [ -n "$shown" ]; then why=', as the mirror'; else why=', as the mirror did not say'; fi
  elif [ -n "$shown" ] && [ "$object_format" != "$shown" ]; then
    fail "the mirror is a $shown repository, this one $object_format" "git cannot push from one to the other"
  fi
}

ask_mirror() {
  ids=$(GIT_TERMINAL_PROMPT=0 git ls-remote -- "$mirror" 2>/dev/null </dev/null) || return 0
  id=${ids%%[!0-9a-f]*}
  case ${#id} in
    40) shown=sha1 ;;
    64) shown=sha256 ;;
    *) [ ! -d "$mirror" ] || shown=$(git -C "$mirror" rev-parse --show-object-format 2>/dev/null) || shown= ;;
  esac
}

configure_mirror() {
  setting remote.github-origin.url "$mirror"
  for name in $mirrored; do one_of remote.github-origin.push "+refs/$name/*:refs/$name/*"; done
}

# ---- a Stargate's schedule

# Each push starts the worker; what returns to a mirror that was away is a systemd timer or cron. The files for either
# are written into the repository, and nothing outside of it. The administrator copies them: as root to follow a link
# to what the repository's owner can change would be to run what the owner likes.

schedule=.stargate/schedule # in the repository
write_schedule() {
  [ -n "$mirror" ] || git_here config remote.github-origin.url >/dev/null ||
    git_here config kv.mirror >/dev/null || return 0
  know_worker
  make_schedule
  each_scheduled drop_stale
  [ -d "$repo/$schedule" ] || [ -n "$dry_run" ] || { mkdir "$repo/$schedule" && own "$repo/$schedule"; }
  for kind in service timer cron; do schedule_file "$tmp/schedule/$unit.$kind" "$repo/$schedule/$unit.$kind"; done
}

# Who runs the worker: the owner of the repository, as with a push. What somebody installs as his own is run by his own
# systemd.
know_worker() {
  unit=git-kv-$(slug)
  by_user=
  if [ "$(id -u)" != 0 ] && { [ -n "$is_new" ] || [ "${owner%%:*}" = "$(id -u)" ]; }; then
    by_user=yes
    runner=$(id -un)
  else
    # shellcheck disable=SC2012 # stat is not POSIX
    runner=$(ls -ld "$ground" | { read -r _ _ user _ && printf '%s\n' "$user"; })
    [ "$(id -u "$runner" 2>/dev/null)" = "${owner%%:*}" ] || runner=${owner%%:*}
  fi
}

# A name made of the path. Cron takes letters, digits, - and _ alone; paths that those do not tell apart get a number.
slug() (
  LC_ALL=C
  rest=${repo%.git} number=
  [ "$rest" != "$repo" ] || number=yes
  case $rest in *[!A-Za-z0-9_/]*) number=yes ;; esac
  rest=${rest#/} slug=
  while [ -n "$rest" ]; do
    tail=${rest#?}
    char=${rest%"$tail"}
    case $char in
      / | -) slug=$slug- ;;
      [A-Za-z0-9_]) slug=$slug$char ;;
      *) slug=${slug}_ ;;
    esac
    rest=$tail
  done
  [ "${#slug}" -le 200 ] || slug=repository number=yes
  if [ -n "$number" ]; then
    id=$(printf '%s\n' "$repo" | id_of)
    slug=$slug-${id%"${id#????????}"}
  fi
  printf '%s\n' "$slug"
)

# The id of standard input, by what is at hand on every host.
id_of() {
  [ -d "$tmp/ids.git" ] || GIT_DEFAULT_HASH=sha1 git init --quiet --bare --template= "$tmp/ids.git"
  git --git-dir="$tmp/ids.git" hash-object --no-filters --stdin
}

make_schedule() {
  mkdir -p "$tmp/schedule"
  for kind in service timer cron; do
    "$kind" >"$tmp/schedule/$unit.$kind"
    seal "$tmp/schedule/$unit.$kind"
  done
}

service() {
  about "$(unit_path)"
  printf 'RequiresMountsFor=%s\n\n[Service]\nType=oneshot\n' "$(unit_word "$repo")"
  if [ -n "$by_user" ]; then
    echo "# A unit of the user's own systemd, so it names no user."
  else
    printf 'User=%s\n' "$runner"
    # The group of a user with a name is known.
    [ "$runner" != "${owner%%:*}" ] || printf 'Group=%s\n' "${owner##*:}"
  fi
  # In arguments, unlike in the program's path, a dollar sign begins a variable.
  printf 'ExecStart=%s --repo %s --json\n' "$(unit_word "$prefix/$state/kv-mirror-worker")" \
    "$(swap "$(unit_word "$repo")" '$' '$$')"
  cat <<'EOF'
# More to do, such as what the rate limit holds back, is no failure.
SuccessExitStatus=6
# The first push to a mirror carries everything.
TimeoutStartSec=6h
Nice=10
NoNewPrivileges=true
EOF
  [ -z "$by_user" ] || return 0
  printf 'ProtectSystem=full\nReadWritePaths=%s\n' "$(unit_word "$repo")"
  # It would hide a repository or a mirror there.
  case $repo$mirror$(git_here config remote.github-origin.url) in */tmp/*) ;; *) echo PrivateTmp=true ;; esac
}

timer() {
  about "$(unit_path), each minute"
  cat <<'EOF'

[Timer]
OnCalendar=minutely
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
EOF
}

about() { printf '[Unit]\nDescription=git-kv mirror of %s\nDocumentation=man:kv-mirror-worker(8)\n' "$1"; }

# systemd sees specifiers in a text, and in a word escapes too.
unit_path() { printf "'%s'\n" "$(swap "$repo" % %%)"; }
unit_word() {
  word=$(swap "$1" "\\" "\\\\")
  word=$(swap "$word" '"' '\"')
  printf '"%s"\n' "$(swap "$word" % %%)"
}

# Cron sees the end of a command in a %.
cron() {
  cat <<'EOF'
# For /etc/cron.d, under a name without a dot. How the mirror is: git kv stargate status.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EOF
  line="$(in_quotes "$prefix/$state/kv-mirror-worker") --repo $(in_quotes "$repo")"
  printf '* * * * * %s %s >/dev/null\n' "$runner" "$(swap "$line" % '\%')"
}

# The last line tells whether the others are as they were written.
sealed='# Written by install.sh, which leaves it alone once it is changed: '
seal() { printf '%s%s\n' "$sealed" "$(id_of <"$1")" >>"$1"; }
is_untouched() (
  while IFS= read -r line; do
    case $line in "$sealed"*) break ;; esac
    printf '%s\n' "$line"
  done <"$1" >"$tmp/untouched"
  seal "$tmp/untouched"
  same "$tmp/untouched" "$1"
)

schedule_file() {
  ! same "$1" "$2" || return 0
  if exists "$2" && ! is_untouched "$2"; then
    [ -n "$force" ] || { say "note: $2 was changed by hand and stays as it is; --force replaces it" && return; }
    keep "$2"
  fi
  change "write $2" replace "$2" give "$1"
  scheduled=yes
}

# each_scheduled COMMAND: runs it with each file of a schedule that is here.
each_scheduled() {
  for file in "$repo/$schedule/git-kv-"*.service "$repo/$schedule/git-kv-"*.timer "$repo/$schedule/git-kv-"*.cron; do
    ! exists "$file" || "$1" "$file"
  done
}
# A repository that was moved has those of its old name.
drop_stale() { case ${1##*/} in "$unit".*) ;; *) drop_scheduled "$1" ;; esac; }
drop_scheduled() {
  if is_untouched "$1"; then
    remove "$1"
  else
    say "note: $1 was changed by hand: left as it is"
  fi
}

say_schedule() {
  units=$repo/$schedule/$unit
  say 'next: each push starts the mirror worker; to start it each minute too, either'
  if [ -n "$by_user" ]; then
    say "  systemctl --user link $(in_quotes "$units.service") &&" \
      "systemctl --user enable --now $(in_quotes "$units.timer") && loginctl enable-linger"
  else
    say "  as root: cp $(in_quotes "$units.service") $(in_quotes "$units.timer") /etc/systemd/system/ &&" \
      "systemctl enable --now $unit.timer"
  fi
  say "  or, as root: cp $(in_quotes "$units.cron") /etc/cron.d/$unit"
}

say_credentials() {
  remote=$(git_here config kv.mirror) || remote=github-origin
  as="sudo -H -u $runner "
  [ "$runner" != "$(id -un)" ] || as=
  say "next: $runner must be able to push to the mirror, by ssh keys or a credential helper of this host; see with"
  say "  ${as}git -C $(in_quotes "$repo") ls-remote $remote"
}

# ---- a Stargate's policy

check_policy() {
  [ -n "$policy" ] || return 0
  copy 644 "$policy" "$tmp/policy.yaml"
  ! exists "$policy_file" || [ -n "$force" ] || same "$tmp/policy.yaml" "$policy_file" ||
    fail "'$policy_file' is another policy than '$policy'" "--force replaces it and keeps the old one beside it"
}

write_policy() {
  if [ -z "$policy" ]; then
    ! exists "$policy_file" || return 0
    scaffold >"$tmp/policy.yaml"
    scaffolded=yes
  fi
  ! same "$tmp/policy.yaml" "$policy_file" || return 0
  ! exists "$policy_file" || keep "$policy_file"
  change "write the policy $policy_file" replace "$policy_file" give "$tmp/policy.yaml"
}
give() {
  copy 644 "$1" "$2"
  own "$2"
}

scaffold() {
  cat <<'EOF'
# The policy of this Stargate: who may write what. kv-policy(5) tells all of it.
# It is read strictly: after a typo every push to refs/kv* is refused, and told the line.
version: 1

# stargate:
#   push_url: "ssh://git@stargate.example/srv/git/org/repo.git"   # where clones push
#   read_url: "ssh://git@stargate.example/srv/git/org/repo.git"   # where they read their own writes (default: push_url)
#   require_mirror_ack_by_default: false
#   branches: relay                     # ordinary branches: relay (to the mirror), local, reject
#   mirror: { max_pushes_per_minute: 6, showroom: false, atomic: auto }
#   admins:
#     - "ssh-ed25519 AAAAC3... admin"

namespaces:
  main:
    ledger_mode: linear
    require_signed_commits: true        # true (ledger commits), all, false
    # One public key a line, as in id_ed25519.pub or "gpg <fingerprint>". Nobody can write before there is one.
    writers: []
    #   - "ssh-ed25519 AAAAC3... james"
    # allowed_prefixes: ["cfg:", "user:", "deploy:"]              # default: every key
    # max_value_inline: 1MiB
    # max_value_total: 100MiB
    # chunking: { mode: fastcdc, min: 64KiB, avg: 256KiB, max: 1MiB }
    # forbidden: [{ lfs: true }]
    # retention: { ttl_default: 365d, enforce_readside: true }
    # verify: full                      # full, sample, attest, deep
    # sample_size: 32
    # etag: blake3                      # blake3, blake2b
EOF
}

# ---- a Stargate's role

# A new Stargate leads. What has a policy is one already, and without leader file it is a standby, which must not be
# promoted by the way: two leaders take pushes that cannot be brought together again.
check_role() {
  term=1
  if ! exists "$leader_file"; then
    if [ -n "$leader" ] || { [ -z "$standby" ] && ! exists "$policy_file"; }; then leads=yes; fi
  elif [ -n "$leader" ]; then
    was=$(cat "$leader_file")
    term=${was##*'"term":'}
    term=${term%\}}
    case $term in
      '' | 0* | *[!0-9]*) fail "'$leader_file' is malformed" "kv-pre-receive(8) shows how it should be" ;;
    esac
    [ "$was" = "$(leadership)" ] || { leads=yes && term=$((term + 1)); }
  fi
  [ -z "$leader" ] || [ -n "$is_new" ] || [ -z "$(git_here config remote.github-origin.url)" ] || outrank_mirror
}

# A promoted host needs a later term than the last one that has pushed to the mirror, which refuses it otherwise.
outrank_mirror() {
  shown=$(GIT_TERMINAL_PROMPT=0 git_here fetch -q --no-write-fetch-head github-origin \
    "+refs/kv-term/leader:refs/kv-tracking/mirror/kv-term/leader" 2>/dev/null </dev/null &&
    git_here cat-file blob refs/kv-tracking/mirror/kv-term/leader:leader.json 2>/dev/null) || shown=
  case $shown in
    '') say "note: the mirror did not say who led before" ;;
    "$(leadership)") ;;
    *)
      there=${shown##*'"term":'}
      there=${there%\}}
      case $there in '' | *[!0-9]*) return 0 ;; esac
      [ "$term" -gt "$there" ] || { leads=yes && term=$((there + 1)); }
      ;;
  esac
}
leadership() { printf '{"host":"%s","term":%s}\n' "$(uname -n)" "$term"; }

take_role() {
  if [ -n "$leads" ]; then
    leadership >"$tmp/leader"
    change "make this host, $(uname -n), the leader of $repo" replace "$leader_file" give "$tmp/leader"
  elif [ -n "$standby" ] && exists "$leader_file"; then
    say "note: $repo has a leader file and keeps it, as --standby demotes nobody"
  elif [ -z "$standby" ] && ! exists "$leader_file"; then
    say "note: $repo has no leader file, so it stays a standby and refuses pushes; --leader promotes it"
  fi
}

# Notes who runs these programs: git runs a repository without its hooks, silently, once they are gone.
register() {
  ! lists "$prefix/$state/repositories" "$repo" || return 0
  if [ -w "$(nearest "$prefix/$state")" ]; then
    change "note $repo in $prefix/$state/repositories" append "$repo" "$prefix/$state/repositories"
  else
    say "note: $prefix is not ours to write, so uninstalling there will not know of $repo"
  fi
}
append() { printf '%s\n' "$1" >>"$2"; }

# ---- uninstalling

uninstall() {
  if [ -n "$repo" ]; then
    require_git
    [ "$(bareness)" = true ] || fail "'$repo' is not a bare repository"
  fi
  users=
  [ ! -f "$prefix/$state/repositories" ] || each_line "$prefix/$state/repositories" note_user
  [ -z "$users" ] || [ -n "$repo$force" ] ||
    fail "the hooks are still in use:$users" "unhook them with --uninstall --repo, as without hooks git takes any push"
  [ -z "$repo" ] || unhook
  if [ -z "$users" ] || { [ -z "$repo" ] && [ -n "$force" ]; }; then
    remove_programs
  else
    say "the programs stay, still in use:$users"
  fi
}
note_user() {
  case $(readlink "$1/hooks/pre-receive" 2>/dev/null) in
    "$prefix/$state/"*) [ "$1" = "$repo" ] || users="$users '$1'" ;;
  esac
}

unhook() {
  for item in $hooks; do
    hook=$repo/hooks/${item%%:*}
    if is_ours "$hook"; then
      remove "$hook"
    elif exists "$hook"; then
      say "$hook is not ours: left as it is"
    fi
  done
  each_scheduled unschedule
  [ -n "$dry_run" ] || rmdir "$repo/$schedule" 2>/dev/null || :
  [ -n "$dry_run" ] || [ "$changes" = 0 ] || say "$repo keeps its data, and from now on takes any push"
}

unschedule() {
  drop_scheduled "$1"
  name=${1##*/}
  for copied in "/etc/systemd/system/$name" "${HOME-}/.config/systemd/user/$name" "/etc/cron.d/${name%.cron}"; do
    ! exists "$copied" || say "note: $copied is yours to disable and remove"
  done
}

remove_programs() {
  [ -f "$prefix/$manifest" ] || return 0
  each_line "$prefix/$manifest" remove_program
  if [ -z "$dry_run" ]; then
    rm -f "$prefix/$manifest" "$prefix/$state/repositories"
    rmdir "$prefix/$state" 2>/dev/null || :
  fi
}
remove_program() { remove "$prefix/$1"; }

# ---- another host

send() {
  require_git
  mkdir -p "$tmp/bundle"
  cp "$0" "$tmp/bundle/install.sh"
  [ -z "$policy" ] || cp "$policy" "$tmp/bundle/policy.yaml"
  if [ -z "$uninstall" ]; then
    make_stage
    each_line "$stage/$manifest" bundle
    bundle "$manifest"
  fi
  GIT_DEFAULT_HASH=sha1 git init --quiet --bare --template= "$tmp/git"
  git --git-dir="$tmp/git" --work-tree="$tmp/bundle" -c core.autocrlf=false -c core.compression=0 \
    add -A -f "$tmp/bundle"
  tree=$(git --git-dir="$tmp/git" write-tree)
  # shellcheck disable=SC2034 # for the eval below
  command=$(
    quoted "$(receive)"
    quoted sh
    quoted "$tree"
    pass --prefix "$prefix"
    pass --repo "$repo"
    pass --mirror "$mirror"
    pass --object-format "$object_format"
    for flag in $standby $leader $force $dry_run $uninstall; do quoted "$flag"; done
  )
  say "on $host:"
  printf '%s\n' "$tree" | git --git-dir="$tmp/git" -c core.compression=1 pack-objects --revs --stdout -q |
    eval "$ssh"' "$host" "sh -c $command"'
}

bundle() {
  mkdir -p "$(dirname "$tmp/bundle/tree/$1")"
  cp "$stage/$1" "$tmp/bundle/tree/$1"
}
quoted() { printf '%s ' "$(in_quotes "$1")"; }
pass() { [ -z "$2" ] || { quoted "$1" && quoted "$2"; }; }

# What a host runs first: it takes this script and the programs off its standard input.
receive() {
  cat <<'EOF'
set -eu
command -v git >/dev/null || { echo "install.sh: error: no git on this host" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap "exit 1" HUP INT TERM
GIT_DEFAULT_HASH=sha1 git init -q --bare --template= "$dir/git"
git --git-dir="$dir/git" -c core.compression=0 unpack-objects -q
tree=$1
shift
mkdir "$dir/files"
git --git-dir="$dir/git" --work-tree="$dir/files" -c core.autocrlf=false checkout -q "$tree" -- .
prefix=/usr/local
[ -w "$prefix" ] || prefix=$HOME/.local
[ ! -f "$dir/files/policy.yaml" ] || set -- --policy "$dir/files/policy.yaml" "$@"
[ ! -d "$dir/files/tree" ] || set -- --from "$dir/files/tree" "$@"
sh "$dir/files/install.sh" --prefix "$prefix" "$@"
EOF
}

main "$@"
