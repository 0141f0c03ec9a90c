#!/bin/sh
# Builds git-kv, installs it, and makes a path, here or on an SSH host, a Stargate.
#
# One script does it in both places: a host is sent this file and the built programs as one git pack and runs
# this same code with --from. What runs there must stay plain sh and need only git and the basic file tools.
set -eu
unset CDPATH GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR \
  GIT_NAMESPACE GIT_PREFIX GIT_QUARANTINE_PATH

usage() {
  cat <<'EOF'
usage: install.sh [--prefix DIR]
       install.sh --repo PATH [--mirror URL] [--policy FILE] [--object-format sha1|sha256] [--standby] [--prefix DIR]
       install.sh --host [USER@]HOST [--ssh COMMAND] [--repo PATH ...] [--prefix DIR]
       install.sh --uninstall [--repo PATH] [--prefix DIR]
       install.sh --demo [--keep]
       install.sh --packages [NAME,...]

Builds git-kv and installs it; with --repo also makes PATH a Stargate. A second run changes nothing.

  --prefix DIR          install under DIR (default: /usr/local as root, else ~/.local; on a host: /usr/local where
                        it can be written)
  --repo PATH           create the bare repository PATH if it is missing; give it hooks, policy, leader file, config
  --mirror URL          the repository that shows everything to readers
  --policy FILE         copy FILE as the policy (default: a scaffold that lets nobody write yet)
  --object-format NAME  of a new repository: sha1 or sha256 (default: the mirror's, else git's own)
  --standby             leave the leader file out: this host refuses pushes until it is promoted
  --force               replace a hook or a policy that is not ours; the old one stays as NAME.backup-<time>
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

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: error: %s\n' "$1" >&2
  [ -z "${2-}" ] || printf 'install.sh: hint: %s\n' "$2" >&2
  exit 1
}
wrong_usage() {
  printf 'install.sh: error: %s\ninstall.sh: hint: see install.sh --help\n' "$1" >&2
  exit 64
}

# Says what changes; false on a dry run.
changes=0
change() {
  changes=$((changes + 1))
  [ -z "$dry_run" ] || { say "would $*" && return 1; }
  say "$*"
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

# Puts a file in place in one step, so that what runs or reads it sees the old or the new one, whole.
put() {
  pending=$2.new-$$
  cp "$1" "$pending"
  chmod "$3" "$pending"
  mv -f "$pending" "$2"
  pending=
}

# Gives what root makes in somebody's repository to that somebody.
own() { [ "$(id -u)" != 0 ] || [ "$owner" = 0:0 ] || chown -h "$owner" "$1"; }
owner_of() (
  # shellcheck disable=SC2012 # stat is not POSIX; the numbers stand before the name
  ls -ldn "$1" | { read -r _ _ user group _ && printf '%s:%s\n' "$user" "$group"; }
)

# ---- what must be here

present() {
  case $1 in
    openssh-client) command -v ssh-keygen ;;
    openssh-server) [ -x /usr/sbin/sshd ] || command -v sshd ;;
    libyaml-dev) header yaml.h ;;
    libb2-dev) header blake2.h ;;
    *) command -v "$1" ;;
  esac >/dev/null
}
header() { [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]; }

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
  if change "install the packages: $missing"; then
    apt_install >"$tmp/apt.log" 2>&1 || { $as_root apt-get update && apt_install; } >>"$tmp/apt.log" 2>&1 || {
      cat "$tmp/apt.log" >&2
      fail "cannot install: $missing"
    }
  fi
}
apt_install() {
  # shellcheck disable=SC2086 # both are lists of words
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends $missing
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

# ---- programs

programs='bin/git-kv libexec/git-kv/kv-pre-receive libexec/git-kv/kv-update libexec/git-kv/kv-post-receive
  libexec/git-kv/kv-mirror-worker'
completions='bash:share/bash-completion/completions/git-kv zsh:share/zsh/site-functions/_git-kv
  fish:share/fish/vendor_completions.d/git-kv.fish'
state=libexec/git-kv # under it: the programs, `manifest` (what was installed), `repositories` (who runs it)

# Builds, and lays everything out under $stage as it will stand under the prefix. A dry run does not build: what
# is not built yet is an empty file there.
make_stage() {
  stage=$tmp/stage
  if [ -n "$from" ]; then
    [ -f "$from/$state/manifest" ] || fail "'$from' holds no installed programs"
    stage=$from
    return
  fi
  [ -f "$here/Package.swift" ] || fail "no sources beside '$0'" "run it from the project, or give --from"
  require_packages git openssh-client libyaml-dev libb2-dev pkg-config
  command -v swift >/dev/null ||
    fail "no swift here" "install Swift 6.2 or later (https://swift.org/install), then run this again"
  built=$here/.build/release
  build
  for program in $programs; do stage_file "$program" program "$built/${program##*/}"; done
  for item in $completions; do stage_file "${item#*:}" completion "${item%%:*}"; done
  for page in "$here"/man/*.[1-9]; do
    [ ! -f "$page" ] || stage_file "share/man/man${page##*.}/${page##*/}" page "$page"
  done
}

stage_file() {
  mkdir -p "$(dirname "$stage/$1")" "$stage/$state"
  printf '%s\n' "$1" >>"$stage/$state/manifest"
  case $2 in
    page) cp "$3" "$stage/$1" && chmod 644 "$stage/$1" ;;
    *) if [ -n "$dry_run" ] && [ ! -x "$built/git-kv" ]; then : >"$stage/$1"; else "stage_$2" "$3" "$stage/$1"; fi ;;
  esac
}
stage_program() {
  strip -o "$2" "$1" 2>/dev/null || llvm-strip -o "$2" "$1" 2>/dev/null || cp "$1" "$2"
  chmod 755 "$2"
}
stage_completion() { "$stage/bin/git-kv" --generate-completion-script "$1" >"$2"; }

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
  while IFS= read -r file; do
    case $file in
      share/*) mode=644 ;;
      *) mode=755 ;;
    esac
    place_file "$file" "$mode"
  done <"$stage/$state/manifest"
  if [ -f "$prefix/$state/manifest" ]; then
    while IFS= read -r file; do
      if ! lists "$stage/$state/manifest" "$file" && exists "$prefix/$file" && change "remove $prefix/$file"; then
        rm -f "$prefix/$file"
      fi
    done <"$prefix/$state/manifest"
  fi
  place_file "$state/manifest" 644
}
place_file() {
  if ! same "$stage/$1" "$prefix/$1" && change "install $prefix/$1"; then
    (umask 022 && mkdir -p "$(dirname "$prefix/$1")")
    put "$stage/$1" "$prefix/$1" "$2"
  fi
}

# Whether a file has this line.
lists() (
  [ -f "$1" ] || exit 1
  while IFS= read -r line; do [ "$line" != "$2" ] || exit 0; done <"$1"
  exit 1
)

# ---- a Stargate

hooks='pre-receive:kv-pre-receive update:kv-update reference-transaction:kv-update post-receive:kv-post-receive'
mirrored='kv kv-index kv-chunks kv-epoch kv-archive kv-watchlog kv-mirror'

is_ours() {
  [ -L "$1" ] || return 1
  case $(readlink "$1") in */libexec/git-kv/kv-*) ;; *) return 1 ;; esac
}

# Looks at everything that could stand in the way, before anything changes.
check_repo() {
  require_git
  ground=$(nearest "$repo")
  owner=$(owner_of "$ground")
  [ -d "$ground" ] || fail "'$ground' is not a directory"
  for directory in "$ground" "$repo/hooks" "$repo/.kv" "$repo/.stargate"; do
    [ ! -e "$directory" ] || [ -w "$directory" ] || fail "cannot write to '$directory'"
  done
  if [ -d "$repo" ] && [ -n "$(ls -A "$repo")" ]; then
    check_existing
  else
    is_new=yes
  fi
  [ -z "$mirror" ] || check_mirror
  check_hooks
  policy_file=$repo/.kv/policy.yaml
  [ -z "$policy" ] || { cp "$policy" "$tmp/policy.yaml" && chmod 644 "$tmp/policy.yaml"; }
  if [ -n "$policy" ] && exists "$policy_file" && [ -z "$force" ] && ! same "$tmp/policy.yaml" "$policy_file"; then
    fail "'$policy_file' is another policy than '$policy'" "--force replaces it and keeps the old one beside it"
  fi
}

# The git directory is named outright, as git then does not ask whose it is.
git_here() { git --git-dir="$repo" "$@"; }

check_existing() {
  is_new=
  bare=$(git_here rev-parse --is-bare-repository 2>/dev/null) || bare=none
  [ ! -e "$repo/.git" ] || bare=false
  case $bare in
    true) ;;
    false) fail "'$repo' is not a bare repository" "a Stargate has no work tree: name a new path" ;;
    *) fail "'$repo' is neither empty nor a git repository" ;;
  esac
  found=$(git_here rev-parse --show-object-format)
  [ "${object_format:-$found}" = "$found" ] || fail "'$repo' is a $found repository, not $object_format"
  object_format=$found
}

check_mirror() {
  [ ! -d "$mirror" ] || mirror=$(absolute "$mirror")
  shown=
  [ "$(git_here config remote.github-origin.url)" = "$mirror" ] || ask_mirror
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

# The hooks come first and the leader file last: until that stands, every push is refused.
make_repo() {
  [ -z "$is_new" ] || create
  for directory in hooks .kv .stargate; do
    [ -d "$repo/$directory" ] || [ -n "$dry_run" ] || { mkdir "$repo/$directory" && own "$repo/$directory"; }
  done
  for item in $hooks; do hook "$repo/hooks/${item%%:*}" "$prefix/$state/${item#*:}"; done
  configure core.fsync committed,loose-object
  configure receive.fsckObjects true
  configure receive.autogc false
  configure receive.denyDeletes true
  configure receive.denyNonFastForwards true
  configure core.logAllRefUpdates false
  [ -z "$mirror" ] || configure_mirror
  write_policy
  [ -n "$standby" ] || lead
  register
}

create() {
  first=$repo # the topmost directory that this run makes
  while ! exists "$(dirname "$first")"; do first=$(dirname "$first"); done
  if change "create the bare repository $repo (${object_format:-object format: git decides}$why)"; then
    git -c init.defaultBranch=main init --quiet --bare --template= \
      ${object_format:+--object-format="$object_format"} "$repo"
    [ "$(id -u)" != 0 ] || [ "$owner" = 0:0 ] || chown -R "$owner" "$first"
    [ -n "$object_format" ] || say "the object format is $(git_here rev-parse --show-object-format)"
  fi
}

hook() {
  if exists "$1" && ! is_ours "$1"; then keep "$1"; fi
  if [ "$(readlink "$1" 2>/dev/null)" != "$2" ] && change "hook $1"; then
    pending=$1.new-$$
    ln -s "$2" "$pending"
    own "$pending"
    mv -f "$pending" "$1"
    pending=
  fi
}

# Moves aside what is not ours.
keep() {
  backup=$1.backup-$(date -u +%Y%m%dT%H%M%SZ)
  ! exists "$backup" || fail "'$backup' is in the way"
  if change "keep the old $1 as $backup"; then mv "$1" "$backup"; fi
}

configure() {
  [ "$(git config --file "$repo/config" --get-all "$1" 2>/dev/null)" != "$2" ] || return 0
  if change "set $1 to $2"; then
    git config --file "$repo/config" --replace-all "$1" "$2"
    own "$repo/config"
  fi
}

configure_mirror() {
  configure remote.github-origin.url "$mirror"
  for name in $mirrored; do
    spec="+refs/$name/*:refs/$name/*"
    if ! git config --file "$repo/config" --fixed-value --get remote.github-origin.push "$spec" >/dev/null 2>&1 &&
      change "mirror $spec"; then
      git config --file "$repo/config" --add remote.github-origin.push "$spec"
      own "$repo/config"
    fi
  done
}

write_policy() {
  if [ -z "$policy" ]; then
    ! exists "$policy_file" || return 0
    scaffold >"$tmp/policy.yaml"
    scaffolded=yes
  fi
  if ! same "$tmp/policy.yaml" "$policy_file"; then
    if exists "$policy_file"; then keep "$policy_file"; fi
    if change "write the policy $policy_file"; then
      put "$tmp/policy.yaml" "$policy_file" 644
      own "$policy_file"
    fi
  fi
}

lead() {
  [ ! -e "$repo/.stargate-leader" ] || return 0
  if change "make this host, $(uname -n), the leader of $repo"; then
    printf '{"host":"%s","term":1}\n' "$(uname -n)" >"$tmp/leader"
    put "$tmp/leader" "$repo/.stargate-leader" 644
    own "$repo/.stargate-leader"
  fi
}

# Notes who runs these programs: git runs a repository without its hooks, silently, once they are gone.
register() {
  ! lists "$prefix/$state/repositories" "$repo" || return 0
  if [ ! -w "$(nearest "$prefix/$state")" ]; then
    say "note: $prefix is not ours to write, so uninstalling there will not know of $repo"
    return
  fi
  if change "note $repo in $prefix/$state/repositories"; then printf '%s\n' "$repo" >>"$prefix/$state/repositories"; fi
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

what_next() {
  [ -z "$dry_run" ] && [ "$changes" != 0 ] || return 0
  case :$PATH: in *":$prefix/bin:"*) ;; *) say "next: put $prefix/bin on your PATH" ;; esac
  [ -z "$scaffolded" ] || say "next: put the writers' public keys into $policy_file"
}

# ---- uninstalling

uninstall() {
  if [ -n "$repo" ]; then
    require_git
    if ! [ -d "$repo" ] || [ "$(git_here rev-parse --is-bare-repository 2>/dev/null)" != true ]; then
      fail "'$repo' is not a bare repository"
    fi
  fi
  users=
  if [ -f "$prefix/$state/repositories" ]; then
    while IFS= read -r user; do
      case $(readlink "$user/hooks/pre-receive" 2>/dev/null) in
        "$prefix/$state/"*) [ "$user" = "$repo" ] || users="$users '$user'" ;;
      esac
    done <"$prefix/$state/repositories"
  fi
  [ -z "$users" ] || [ -n "$repo$force" ] ||
    fail "the hooks are still in use:$users" "unhook them with --uninstall --repo, as without hooks git takes any push"
  [ -z "$repo" ] || unhook
  if [ -z "$users" ] || { [ -z "$repo" ] && [ -n "$force" ]; }; then
    remove_programs
  else
    say "the programs stay, still in use:$users"
  fi
}

unhook() {
  for item in $hooks; do
    hook=$repo/hooks/${item%%:*}
    if is_ours "$hook"; then
      if change "remove $hook"; then rm -f "$hook"; fi
    elif exists "$hook"; then
      say "$hook is not ours: left as it is"
    fi
  done
  [ -n "$dry_run" ] || [ "$changes" = 0 ] || say "$repo keeps its data, and from now on takes any push"
}

remove_programs() {
  [ -f "$prefix/$state/manifest" ] || return 0
  while IFS= read -r file; do
    if exists "$prefix/$file" && change "remove $prefix/$file"; then rm -f "$prefix/$file"; fi
  done <"$prefix/$state/manifest"
  if [ -z "$dry_run" ]; then
    rm -f "$prefix/$state/manifest" "$prefix/$state/repositories"
    rmdir "$prefix/$state" 2>/dev/null || :
  fi
}

# ---- another host

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

quoted() { printf "'%s' " "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"; }

pass() { [ -z "$2" ] || { quoted "$1" && quoted "$2"; }; }

send() {
  require_git
  mkdir -p "$tmp/bundle"
  cp "$0" "$tmp/bundle/install.sh"
  [ -z "$policy" ] || cp "$policy" "$tmp/bundle/policy.yaml"
  if [ -z "$uninstall" ]; then
    make_stage
    while IFS= read -r file; do
      mkdir -p "$(dirname "$tmp/bundle/tree/$file")"
      cp "$stage/$file" "$tmp/bundle/tree/$file"
    done <"$stage/$state/manifest"
    cp "$stage/$state/manifest" "$tmp/bundle/tree/$state/manifest"
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
    for flag in $standby $force $dry_run $uninstall; do quoted "$flag"; done
  )
  say "on $host:"
  printf '%s\n' "$tree" | git --git-dir="$tmp/git" -c core.compression=1 pack-objects --revs --stdout -q |
    eval "$ssh"' "$host" "sh -c $command"'
}

# ---- the demo

demo() {
  require_packages git openssh-client
  require_git
  make_stage
  demo_dir=$(mktemp -d "${TMPDIR:-/tmp}/git-kv-demo.XXXXXX")
  prefix=$demo_dir/prefix
  place >"$tmp/output"
  cd "$demo_dir"
  mkdir home
  # Nothing of the user's own git and ssh takes part.
  unset XDG_CONFIG_HOME SSH_AUTH_SOCK GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL \
    GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS
  export HOME="$demo_dir/home" GIT_CONFIG_GLOBAL="$demo_dir/home/.gitconfig" GIT_CONFIG_NOSYSTEM=1
  export PATH="$prefix/bin:$PATH"

  title "A developer with a fresh signing key"
  step 0 ssh-keygen -q -t ed25519 -N '' -C dev@example.org -f home/id_ed25519
  step 0 git config --global user.name Dev
  step 0 git config --global user.email dev@example.org
  step 0 git config --global gpg.format ssh
  step 0 git config --global user.signingKey "$demo_dir/home/id_ed25519.pub"
  git config --global init.defaultBranch main
  git config --global advice.detachedHead false

  title "A Stargate whose policy lets that key write pkg:, src: and cfg:, and the mirror that readers clone"
  git init --quiet --bare mirror.git
  demo_policy >policy.yaml
  step 0 cat policy.yaml
  step 0 "$here/${0##*/}" --from prefix --prefix prefix --repo stargate.git --mirror mirror.git --policy policy.yaml
  demo_seed

  title "The developer clones the mirror; pushes go to the Stargate from now on"
  step 0 git clone --quiet mirror.git developer
  cd developer
  step 0 git kv remote setup
  step 0 git remote -v
  step 0 git kv init

  what='installed packages' key=pkg:git
  command -v dpkg-query >/dev/null || { what='source files' && key=src:Package.swift; }
  demo_batch >../batch.jsonl
  title "$(grep -c . ../batch.jsonl) $what, one signed transaction"
  step 0 git kv mset --file ../batch.jsonl
  step 0 git kv get "$key"
  step 0 git kv get "$key" --json
  step 0 git kv list --prefix "$key"

  title "Set one value and read it back: with git kv, with plain git, and from another clone"
  step 0 git kv set cfg:greeting 'hello, Stargate'
  step 0 git kv get cfg:greeting
  shows 'hello, Stargate'
  path=$(git ls-tree -r --name-only refs/kv/main kv/main/data | grep '/cfg%3Agreeting$') || path=none
  step 0 git show "refs/kv/main:$path"
  shows 'hello, Stargate'
  cd ..
  step 0 git clone --quiet mirror.git reader
  cd reader
  step 0 git kv remote setup
  step 0 git kv get cfg:greeting --read-from=stargate
  shows 'hello, Stargate'
  cd ../developer

  title "Delete it"
  step 0 git kv del cfg:greeting
  step 1 git kv get cfg:greeting

  title "Compare and swap: the second of two writers who saw the same state is told so"
  tree=$(git rev-parse 'refs/kv/main^{tree}')
  step 0 git kv cas set cfg:release 1.0 --expect-tree "$tree"
  step 2 git kv cas set cfg:release 2.0 --expect-tree "$tree"
  step 0 git kv get cfg:release
  shows 1.0

  title "The Stargate refuses a key outside its policy"
  tip=$(stargate_tip)
  step 3 git kv set secret:token 12345

  title "It refuses a transaction whose ledger commit was made again by plain git, unsigned; the signed one lands"
  step 0 git kv set cfg:release 2.0 --no-push
  unsigned=$(git cat-file commit refs/kv/main | sed '1,/^$/d' |
    git commit-tree --no-gpg-sign -p "$tip" -F - 'refs/kv/main^{tree}')
  step 1 git push --atomic origin "$unsigned:refs/kv/main" refs/kv-index/main
  mentions '[3]'
  [ "$(stargate_tip)" = "$tip" ] || fail "a refused push moved refs/kv/main"
  step 0 git kv push
  [ "$(stargate_tip)" = "$(git rev-parse refs/kv/main)" ] || fail "the signed transaction is not there"

  title "The ledger is plain git history"
  step 0 git -C ../stargate.git log --format='%h %an: %s' refs/kv/main

  demo_next
}

stargate_tip() { git -C ../stargate.git rev-parse refs/kv/main; }

title() { printf '\n# %s\n\n' "$1"; }

# Runs one command as a user would, shows it and what it prints, and stops where its exit status is another than is due.
step() {
  due=$1
  shift
  printf '$'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=@%^+-]* | '') printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  status=0
  "$@" >"$tmp/output" 2>&1 </dev/null || status=$?
  cat "$tmp/output"
  [ -z "$(tail -c 1 "$tmp/output")" ] || printf '\n'
  [ "$status" = "$due" ] || fail "the exit status was $status and should have been $due"
  [ "$status" = 0 ] || say "(exit status $status, as it should be)"
}
shows() { [ "$(cat "$tmp/output")" = "$1" ] || fail "the output should have been '$1'"; }
mentions() { grep -qF -- "$1" "$tmp/output" || fail "the output should have held '$1'"; }

demo_policy() {
  cat <<EOF
version: 1
stargate:
  push_url: "$demo_dir/stargate.git"
namespaces:
  main:
    ledger_mode: linear
    require_signed_commits: true
    allowed_prefixes: ["pkg:", "src:", "cfg:"]
    writers:
      - "$(cat home/id_ed25519.pub)"
EOF
}

# Gives the mirror a first commit with the policy that clones discover, without the prefixes: so that a bad key
# is refused by the Stargate and not before.
demo_seed() {
  git clone --quiet mirror.git seed 2>/dev/null
  mkdir seed/.kv
  grep -v allowed_prefixes policy.yaml >seed/.kv/policy.yaml
  git -C seed add .kv
  git -C seed commit --quiet --no-gpg-sign -m 'say where to push'
  git -C seed push --quiet origin HEAD:refs/heads/main
  rm -rf seed
}

# The installed packages or, on a machine without dpkg, the project's own sources, as a batch.
demo_batch() {
  if command -v dpkg-query >/dev/null; then
    # shellcheck disable=SC2016 # dpkg-query's fields, not the shell's
    value='{\\"version\\":\\"${Version}\\",\\"arch\\":\\"${Architecture}\\"}'
    # shellcheck disable=SC2016
    entry='{"op":"set","key":"pkg:${binary:Package}","ctype":"application/json","value":"'$value'"}'
    # shellcheck disable=SC2016
    dpkg-query -W -f='${db:Status-Abbrev}'"$entry\\n" |
      sed -n 's/^ii *//p'
  else
    (cd "$here" && find Package.swift Sources -type f) | LC_ALL=C sort | while IFS= read -r file; do
      printf '{"op":"set","key":"src:%s","file":"%s"}\n' "$file" \
        "$(printf '%s\n' "$here/$file" | sed 's/["\\]/\\&/g')"
    done
  fi
}

demo_next() {
  title "What next"
  if [ -n "$keep_demo" ]; then say "This demo stays in $demo_dir" && say; fi
  cat <<EOF
Install for good:              ./install.sh
Make a Stargate here:          ./install.sh --repo /srv/git/org/repo.git --mirror git@github.com:org/repo.git
or on another host:            ./install.sh --host git@stargate.example --repo /srv/git/org/repo.git
Let people write:              put their public keys into .kv/policy.yaml of that repository
In a clone:                    git kv remote setup; git kv set cfg:hello world; git kv get cfg:hello
Read on:                       git help kv, README.md
EOF
}

# ---- the command line

prefix='' repo='' mirror='' policy='' object_format='' host='' ssh='' from='' why='' extra='' pending='' demo_dir=''
standby='' force='' dry_run='' uninstall='' demo='' keep_demo='' packages='' is_new='' scaffolded='' tmp=''

set_option() {
  case $2 in
    '') wrong_usage "$1 needs a value" ;;
    *'
'*) wrong_usage "$1 cannot hold a line break" ;;
  esac
  case $1 in
    --prefix) prefix=$2 ;;
    --repo) repo=$2 ;;
    --mirror) mirror=$2 ;;
    --policy) policy=$2 ;;
    --object-format) object_format=$2 ;;
    --host) host=$2 ;;
    --ssh) ssh=$2 ;;
    --from) from=$2 ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --repo | --mirror | --policy | --object-format | --host | --ssh | --from)
      [ $# -ge 2 ] || wrong_usage "$1 needs a value"
      set_option "$1" "$2"
      shift
      ;;
    --prefix=* | --repo=* | --mirror=* | --policy=* | --object-format=* | --host=* | --ssh=* | --from=*)
      set_option "${1%%=*}" "${1#*=}"
      ;;
    --standby) standby=$1 ;;
    --force) force=$1 ;;
    --dry-run) dry_run=$1 ;;
    --uninstall) uninstall=$1 ;;
    --demo) demo=$1 ;;
    --keep) keep_demo=$1 ;;
    --packages)
      packages=$1
      case ${2-} in '' | -*) ;; *) extra=$2 && shift ;; esac
      ;;
    --packages=*) packages=$1 extra=${1#*=} ;;
    --help | -h) usage && exit 0 ;;
    -*) wrong_usage "unknown option '$1'" ;;
    *) wrong_usage "unexpected argument '$1'" ;;
  esac
  shift
done

case $object_format in '' | sha1 | sha256) ;; *) wrong_usage "unknown object format '$object_format'" ;; esac
case $host in -*) wrong_usage "'$host' is not a host" ;; esac
case $mirror in -*) wrong_usage "'$mirror' is not a URL" ;; esac
[ -n "$repo" ] || [ -z "$mirror$policy$object_format$standby" ] ||
  wrong_usage "--mirror, --policy, --object-format and --standby need --repo"
[ -z "$uninstall" ] || [ -z "$mirror$policy$object_format$standby$from" ] ||
  wrong_usage "--uninstall goes with --repo, --prefix, --host, --force and --dry-run only"
[ -n "$host" ] || [ -z "$ssh" ] || wrong_usage "--ssh needs --host"
[ -n "$demo" ] || [ -z "$keep_demo" ] || wrong_usage "--keep needs --demo"
[ -z "$demo" ] || [ -z "$dry_run" ] || wrong_usage "--demo has no dry run"
[ -z "$demo$packages" ] || [ -z "$prefix$repo$host$uninstall" ] || wrong_usage "${demo:-$packages} stands alone"
[ -z "$policy" ] || [ -f "$policy" ] || fail "no policy file '$policy'"
policy=${policy:+$(absolute "$policy")}
from=${from:+$(absolute "$from")}
ssh=${ssh:-${GIT_SSH_COMMAND:-ssh}}
here=$(absolute "$(dirname "$0")")

clean_up() {
  cd /
  [ -z "$pending" ] || rm -f "$pending"
  [ -z "$tmp" ] || rm -rf "$tmp"
  [ -z "$demo_dir" ] || [ -n "$keep_demo" ] || rm -rf "$demo_dir" 2>/dev/null || { sleep 1 && rm -rf "$demo_dir"; }
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
tmp=$(mktemp -d "${TMPDIR:-/tmp}/git-kv-install.XXXXXX")

if [ -n "$demo" ]; then
  demo
  exit 0
fi
if [ -n "$packages" ]; then
  # shellcheck disable=SC2046 # a list of names
  require_packages git openssh-client libyaml-dev libb2-dev pkg-config $(printf '%s\n' "$extra" | tr , ' ')
  exit 0
fi
if [ -n "$host" ]; then
  send
  exit 0
fi

if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
fi
prefix=$(absolute "$prefix")
repo=${repo:+$(absolute "$repo")}
if [ -n "$uninstall" ]; then
  uninstall
else
  [ -n "$from" ] || require_packages git openssh-client
  require_git
  check_prefix
  [ -z "$repo" ] || check_repo
  make_stage
  place
  [ -z "$repo" ] || make_repo
  what_next
fi
[ "$changes" != 0 ] || say "nothing to change"
