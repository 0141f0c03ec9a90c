#!/usr/bin/env bash
# A path becomes a Stargate: what it gets, and that a second run changes nothing.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }

hooked() {
  local item
  for item in pre-receive:pre-receive update:update reference-transaction:update post-receive:post-receive; do
    equal "$(readlink "$1/hooks/${item%%:*}")" "$(pwd -P)/p/libexec/git-kv/kv-${item#*:}" || return
  done
}
configured() {
  local item
  for item in core.bare=true core.fsync=committed,loose-object receive.fsckObjects=true receive.autogc=false \
    receive.denyDeletes=true receive.denyNonFastForwards=true core.logAllRefUpdates=false core.bigFileThreshold=64k \
    uploadpack.allowFilter=true uploadpack.allowAnySHA1InWant=true transfer.hideRefs=refs/kv-tracking; do
    equal "$(git --git-dir="$1" config --local --get-all "${item%%=*}")" "${item#*=}" || return
  done
}
mirrored() {
  local name
  equal "$(git --git-dir="$1" config --local --get-all remote.github-origin.url)" "$2" &&
    equal "$(git --git-dir="$1" config --local --get-all remote.github-origin.push)" \
      "$(for name in kv kv-index kv-chunks kv-epoch kv-archive kv-watchlog kv-mirror; do echo "+refs/$name/*:refs/$name/*"; done)"
}
is_format() { equal "$(git --git-dir="$1" rev-parse --show-object-format)" "$2"; }

check 'a dry run says what it would make' prints "would create the bare repository $PWD/new/a.git" stargate --repo new/a.git --dry-run
check 'a dry run makes nothing' absent new
check 'a relative path whose parent is missing' stargate --repo new/a.git
check 'is a bare repository with our config' configured new/a.git
check 'has our hooks' hooked new/a.git
check 'has a leader' test -f new/a.git/.stargate-leader
check 'has a scaffold policy' grep -q 'writers: \[\]' new/a.git/.kv/policy.yaml
check 'is known to its prefix' grep -qxF "$PWD/new/a.git" p/libexec/git-kv/repositories
check 'a second run rewrites nothing' unchanged new p -- stargate --repo new/a.git
check 'a second run says so' prints 'nothing to change' stargate --repo "$PWD/new/a.git"
for path in 'my repo.git' '-dash.git' "it's.git"; do
  check "the path $path" stargate --repo "$path"
  check "hooks in $path" hooked "./$path"
  check "a second run on $path" unchanged "./$path" p -- stargate "--repo=$path"
done
mkdir empty
check 'an empty directory' stargate --repo empty
check 'is hooked' hooked empty

check 'a sha256 repository' stargate --repo sha256.git --object-format sha256
check 'has that format' is_format sha256.git sha256
check 'a second run on it' unchanged sha256.git -- stargate --repo sha256.git --object-format sha256
check 'without a wish it is git that decides' is_format new/a.git "$(git init -q probe && git -C probe rev-parse --show-object-format)"

git init -q --bare --object-format=sha256 mirror256.git
git init -q --bare mirror1.git
git init -q seeded && git -C seeded -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m seed
check 'the format of an empty mirror' stargate --repo m256.git --mirror mirror256.git
check 'is followed' is_format m256.git sha256
check 'the format of a mirror with refs, said' prints '(sha1, as the mirror)' stargate --repo m1.git --mirror seeded
check 'is followed too' is_format m1.git sha1
check 'a mirror that does not answer, said' prints '(sha1, as the mirror did not say)' stargate --repo m2.git --mirror "$PWD/nowhere.git"
check 'the mirror is configured' mirrored m2.git "$PWD/nowhere.git"
check 'once' unchanged m2.git -- stargate --repo m2.git --mirror "$PWD/nowhere.git"
check 'another mirror' stargate --repo m2.git --mirror mirror1.git
check 'takes its place' mirrored m2.git "$PWD/mirror1.git"

git init -q --bare --template= old.git
git -C seeded push -q ../old.git HEAD:refs/heads/main
git --git-dir=old.git config receive.autogc true
git --git-dir=old.git config --add receive.autogc 1
git --git-dir=old.git config user.name kept
before=$(git --git-dir=old.git for-each-ref)
check 'a dry run on an existing repository' unchanged old.git p -- stargate --repo old.git --dry-run
check 'an existing bare repository' stargate --repo old.git
check 'has our hooks too' hooked old.git
check 'has our config too' configured old.git
check 'has a leader too' test -f old.git/.stargate-leader
check 'keeps its refs' equal "$(git --git-dir=old.git for-each-ref)" "$before"
check 'keeps its config' equal "$(git --git-dir=old.git config user.name)" kept

if [ "$(id -u)" = 0 ]; then
  mkdir theirs && chown 12345:12345 theirs
  check "root makes a repository in somebody's directory" stargate --repo theirs/org/a.git
  check 'all of it theirs' equal "$(find theirs ! -user 12345 -o ! -group 12345)" ''
  printf 'version: 1\n' >theirs.yaml
  check 'and again after a change' stargate --repo theirs/org/a.git --mirror nowhere --policy theirs.yaml --force
  check 'all of it theirs still' equal "$(find theirs ! -user 12345 -o ! -group 12345)" ''
fi

printf 'version: 1\nnamespaces: {}\n' >policy.yaml
check 'a policy of its own' stargate --repo policed.git --policy policy.yaml
check 'is copied' cmp policy.yaml policed.git/.kv/policy.yaml
check 'and copied once' unchanged policed.git -- stargate --repo policed.git --policy policy.yaml
check 'a run without a policy keeps it' unchanged policed.git -- stargate --repo policed.git

check 'another prefix' install --prefix p2 --repo new/a.git
check 'takes the hooks over' equal "$(readlink new/a.git/hooks/update)" "$PWD/p2/libexec/git-kv/kv-update"
check 'the first prefix can go' "$root/install.sh" --uninstall --repo new/a.git --prefix p2
check 'hooks are gone' equal "$(ls new/a.git/hooks)" ''
check 'programs that nobody uses are gone' absent p2/bin/git-kv
check 'the rest of the repository stays' git --git-dir=new/a.git fsck
check 'its policy too' test -f new/a.git/.kv/policy.yaml

check 'programs in use are not removed' refused 1 'still in use' "$root/install.sh" --uninstall --prefix p
check 'all of them are there' test -x p/libexec/git-kv/kv-pre-receive
ln -sf /bin/true old.git/hooks/post-update
rm old.git/hooks/update && cp /bin/true old.git/hooks/update
check 'a dry unhooking' unchanged old.git p -- "$root/install.sh" --uninstall --repo old.git --prefix p --dry-run
check 'unhooking one of many' prints 'the programs stay' "$root/install.sh" --uninstall --repo old.git --prefix p
check 'leaves what is not ours' equal "$(ls old.git/hooks)" $'post-update\nupdate'
check 'force removes programs in use' "$root/install.sh" --uninstall --prefix p --force
check 'and they are gone' absent p/libexec/git-kv
