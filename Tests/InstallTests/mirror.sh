#!/usr/bin/env bash
# A Stargate with a mirror: what git needs for it, and a timer and a cron line for whoever runs the host.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }
git init -q --bare 'a mirror.git'
home=$(pwd -P) me=$(id -un)
files() { (cd "$1/.stargate" && find . -name 'git-kv-*' -type f | sort); }
unit() { find "$1/.stargate" -name "git-kv-*.${2:-service}"; }
line() { grep -e "^$2" "$(unit "$1" "${3:-service}")"; }
# The command of a cron line, as cron hands it to sh.
command_of() { tail -n 2 "$(unit "$1" cron)" | head -n 1 | cut -d ' ' -f 7- | sed 's/\\%/%/g'; }
# What the files of a path would be called.
named() { stargate --repo "$1" --mirror 'a mirror.git' --dry-run | sed -n 's/.*git-kv-\(.*\)\.cron$/\1/p'; }

check 'without a mirror' stargate --repo plain.git
check 'there is nothing to start' equal "$(ls plain.git/.stargate)" ''
check 'a dry run with one' unchanged plain.git -- prints 'would write' stargate --repo plain.git --mirror 'a mirror.git' --dry-run
check 'a dry run on a path that is not there' prints 'would write' stargate --repo none.git --mirror 'a mirror.git' --dry-run
check 'makes nothing there' absent none.git

stargate --repo srv/git/repo.git --mirror 'a mirror.git' >said
check 'a service, a timer, a cron line' equal "$(files srv/git/repo.git | sed 's/.*\.//' | tr '\n' ' ')" 'cron service timer '
check 'what to do for systemd, once' equal "$(grep -c "systemctl.* enable --now .*\.timer" said)" 1
check 'for cron, once' equal "$(grep -c 'cp .* /etc/cron.d/git-kv-[A-Za-z0-9_-]*$' said)" 1
check 'for credentials, once' equal "$(grep -c "git -C '$home/srv/git/repo.git' ls-remote github-origin$" said)" 1
check 'a second run' unchanged srv p -- prints 'nothing to change' stargate --repo srv/git/repo.git --mirror 'a mirror.git'
check 'a run that does not name the mirror' unchanged srv -- stargate --repo srv/git/repo.git
git --git-dir=srv/git/repo.git config receive.autogc true
check 'a change of something else says nothing of it' not prints systemctl stargate --repo srv/git/repo.git
check 'another mirror' prints 'ls-remote github-origin' stargate --repo srv/git/repo.git --mirror "$PWD/nowhere.git"
check 'needs no other timer' not grep -q systemctl "$scratch/printed"
check 'more to do is no failure' line srv/git/repo.git 'SuccessExitStatus=6$'
check 'the timer' line srv/git/repo.git 'OnCalendar=minutely$' timer
if [ "$(id -u)" = 0 ]; then
  check 'who runs it' line srv/git/repo.git 'User=root$'
  check 'with what it may write' line srv/git/repo.git "ReadWritePaths=\"$home/srv/git/repo.git\"\$"
else
  check "a user's own service names no user" not line srv/git/repo.git 'User='
  check 'and is linked into his systemd' grep -q 'systemctl --user link' said
fi
check 'in cron too' grep -q "^\* \* \* \* \* $me '" "$(unit srv/git/repo.git cron)"

odd="odd/it's \"100%d\" \$HOME \\x.git"
check 'a path that means something to everybody' stargate --repo "$odd" --mirror 'a mirror.git'
check 'a second run on it' unchanged odd -- stargate --repo "$odd"
check 'as systemd reads it' equal "$(line "$odd" ExecStart)" "$(sed "s|^|ExecStart=\"$home/p/|; s|HERE|$home|" <<'END'
libexec/git-kv/kv-mirror-worker" --repo "HERE/odd/it's \"100%%d\" $$HOME \\x.git" --json
END
)"
check 'as cron reads it' env -i PATH="$PATH" HOME="$HOME" GIT_CONFIG_NOSYSTEM=1 sh -c "$(command_of "$odd")"
check 'it runs the worker' test -f "$odd/.stargate/worker.lock"
check 'a name that cron takes' grep -qE '^[A-Za-z0-9_-]+\.cron$' <<<"$(basename "$(unit "$odd" cron)")"
if command -v systemd-analyze >/dev/null; then
  # It speaks of all that it finds on the machine: what it says of ours counts.
  verify() {
    systemd-analyze --man=no verify "$(unit "$1")" "$(unit "$1" timer)" >"$scratch/verified" 2>&1
    not grep -F "$(basename "$(unit "$1")" .service)" "$scratch/verified"
  }
  for repo in srv/git/repo.git "$odd"; do check "systemd finds nothing wrong with $repo" verify "$repo"; done
else
  skip 'systemd finds nothing wrong' 'there is no systemd-analyze'
fi
check 'a name from the path' equal "$(named /tmp/org/kv_1/repo.git)" tmp-org-kv_1-repo
check 'one that is not told from another' equal "$(named /tmp/org-kv_1/repo.git | sed 's/[0-9a-f]\{8\}$/NUMBER/')" tmp-org-kv_1-repo-NUMBER
check 'has a number of its own' not equal "$(named /tmp/org-kv_1/repo.git)" "$(named /tmp/org/kv-1/repo.git)"

url() {
  GIT_SSH_COMMAND=false stargate --repo urls.git --mirror "$1" &&
    equal "$(git --git-dir=urls.git config remote.github-origin.url)" "$1"
}
for mirror in 'git@git.example:my org/a "b".git' 'ssh://git@git.example:2222/~git/my org/a.git' \
  'https://me@127.0.0.1:1/org/a%20b.git?x;y#z' "file://$PWD/a mirror.git"; do
  check "the mirror $mirror" url "$mirror"
done

kept=$(unit srv/git/repo.git)
check 'another prefix' install --prefix p2 --repo srv/git/repo.git
check 'is what is started' line srv/git/repo.git "ExecStart=\"$home/p2/libexec"
echo 'Environment=HTTPS_PROXY=proxy' >>"$kept"
check 'a service changed by hand' unchanged srv -- prints 'was changed by hand' install --prefix p2 --repo srv/git/repo.git
check 'stays while the rest follows' stargate --repo srv/git/repo.git
check 'as it was' line srv/git/repo.git "ExecStart=\"$home/p2/libexec"
check '--force replaces it' stargate --repo srv/git/repo.git --force
check 'with ours' line srv/git/repo.git "ExecStart=\"$home/p/libexec"
check 'and keeps it' grep -q HTTPS_PROXY "$kept".backup-*
mv srv/git/repo.git srv/git/moved.git
check 'a repository that was moved' stargate --repo srv/git/moved.git
check 'has units of its new name alone' equal "$(files srv/git/moved.git | grep -v backup | grep -vc moved)" 0
sed -i s/minutely/hourly/ "$(unit srv/git/moved.git timer)"
check 'a dry unhooking' unchanged srv -- "$root/install.sh" --uninstall --repo srv/git/moved.git --prefix p --dry-run
check 'unhooking' prints 'changed by hand: left' "$root/install.sh" --uninstall --repo srv/git/moved.git --prefix p
check 'removes what is ours' equal "$(files srv/git/moved.git | grep -v backup | sed 's/.*\.//')" timer
check 'unhooking another' "$root/install.sh" --uninstall --repo "$odd" --prefix p
check 'leaves no unit' equal "$(find "$odd/.stargate" -name 'git-kv*' -o -name schedule)" ''

if [ "$(id -u)" = 0 ]; then
  mkdir theirs numbered && chown nobody theirs && chown 12345:12345 numbered
  check "root makes somebody's Stargate" prints 'sudo -H -u nobody git -C' stargate --repo theirs/a.git --mirror 'a mirror.git'
  check 'it runs as that one' line theirs/a.git 'User=nobody$'
  check 'in cron too' grep -q '^\* \* \* \* \* nobody ' "$(unit theirs/a.git cron)"
  check 'an owner without a name' stargate --repo numbered/a.git --mirror 'a mirror.git'
  check 'goes by number' equal "$(grep -E '^(User|Group)' "$(unit numbered/a.git)")" $'User=12345\nGroup=12345'
  check 'all of it theirs' equal "$(find numbered ! -user 12345 -o ! -group 12345)" ''
fi
check 'no temporary file is left' equal "$(ls "$TMPDIR")" ''
