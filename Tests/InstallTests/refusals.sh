#!/usr/bin/env bash
# What stands in the way is said before anything changes.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }

# blocked NAME TEXT PATH OPTION...: refused, and not a byte of PATH or the prefix is another.
blocked() {
  local name=$1 text=$2 path=$3
  shift 3
  check "$name" unchanged "$path" p -- refused 1 "$text" stargate --repo "$path" "$@"
}

git init -q --bare foreign.git
printf '#!/bin/sh\nexit 0\n' >foreign.git/hooks/update
chmod +x foreign.git/hooks/update
blocked 'a foreign hook' 'hooks that are not ours: update' foreign.git
blocked 'a foreign hook, dry' 'hooks that are not ours: update' foreign.git --dry-run
cp foreign.git/hooks/update mine
ln -s /nowhere foreign.git/hooks/post-receive
blocked 'two of them, one a dangling link' 'hooks that are not ours: update post-receive' foreign.git
check '--force, dry' unchanged foreign.git -- stargate --repo foreign.git --force --dry-run
check '--force' stargate --repo foreign.git --force
backups() { find foreign.git/hooks -name '*.backup-[0-9]*T[0-9]*Z' | sort; }
check 'keeps both' equal "$(backups | sed 's/-2.*//')" $'foreign.git/hooks/post-receive.backup\nforeign.git/hooks/update.backup'
check 'unharmed' cmp mine "$(backups | tail -n 1)"
check 'and hooks the repository' test -x foreign.git/hooks/update -a -L foreign.git/hooks/update
check 'a second --force finds nothing' unchanged foreign.git -- stargate --repo foreign.git --force

printf 'version: 1\nnamespaces: {}\n' >policy.yaml
stargate --repo policed.git >/dev/null
cp policed.git/.kv/policy.yaml scaffold.yaml
blocked 'another policy' 'is another policy' policed.git --policy policy.yaml
check '--force replaces the policy' stargate --repo policed.git --policy policy.yaml --force
check 'with the new one' cmp policy.yaml policed.git/.kv/policy.yaml
check 'and keeps the old one' cmp scaffold.yaml policed.git/.kv/policy.yaml.backup-*
check 'a policy file that is not there' refused 1 "no policy file 'none.yaml'" stargate --repo none.git --policy none.yaml

git init -q tree
blocked 'a repository with a work tree' 'is not a bare repository' tree
blocked 'its git directory' 'is not a bare repository' tree/.git
mkdir full && touch full/file
blocked 'a directory with something in it' 'neither empty nor a git repository' full
touch file
blocked 'a file' 'is not a directory' file
check 'a path below a file' refused 1 'is not a directory' stargate --repo file/below.git
git init -q --bare sha1.git
blocked 'another object format' 'is a sha1 repository, not sha256' sha1.git --object-format sha256
git init -q --bare --object-format=sha256 sha256.git
blocked 'a mirror of another format' 'the mirror is a sha256 repository, this one sha1' sha1.git --mirror sha256.git
check 'the same for a new one' refused 1 'the mirror is a sha256 repository, this one sha1' \
  stargate --repo new.git --object-format sha1 --mirror sha256.git
git config --global core.hooksPath /elsewhere
blocked 'hooks that git would not run' "core.hooksPath is '/elsewhere'" sha1.git
check 'nor in a new repository' refused 1 "core.hooksPath is '/elsewhere'" stargate --repo new.git
git config --global --unset core.hooksPath
check 'nothing was made' absent new.git none.git
check 'unhooking what is no repository' refused 1 'is not a bare repository' "$root/install.sh" --uninstall --repo full --prefix p
if [ "$(id -u)" = 0 ]; then
  skip 'a repository that cannot be written' 'root writes everywhere'
else
  chmod a-w sha1.git
  blocked 'a repository that cannot be written' 'cannot write to' sha1.git
fi
check 'no temporary file is left' equal "$(ls "$TMPDIR")" ''
