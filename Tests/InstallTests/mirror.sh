#!/usr/bin/env bash
# A Stargate with a mirror: its remote, the units and the cron line that run the worker, and what becomes of them.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }
git init -q --bare mirror.git
work=$(pwd -P)

# schedule REPOSITORY: the file of the schedule whose name ends so.
schedule() { find "$1/.stargate/schedule" -name "git-kv-*.$2"; }
has_line() { grep -qxF -- "$2" "$1" || { cat "$1" && return 1; }; }

check 'a Stargate without a mirror' stargate --repo lone.git
check 'has no schedule' absent lone.git/.stargate/schedule
check 'a mirror, with what is next' prints "systemctl" stargate --repo a.git --mirror mirror.git
check 'a service runs the worker' has_line "$(schedule a.git service)" \
  "ExecStart=\"$work/p/libexec/git-kv/kv-mirror-worker\" --repo \"$work/a.git\" --json"
check 'to whom more to do is no failure' has_line "$(schedule a.git service)" 'SuccessExitStatus=6'
check 'a timer starts it every minute' has_line "$(schedule a.git timer)" 'OnUnitInactiveSec=1min'
check 'and so does cron' has_line "$(schedule a.git cron)" \
  "* * * * * $(id -un) '$work/p/libexec/git-kv/kv-mirror-worker' --repo '$work/a.git' >/dev/null 2>&1"
check 'a second run' unchanged a.git p -- stargate --repo a.git --mirror mirror.git
check 'one without --mirror too' unchanged a.git p -- stargate --repo a.git
check 'says nothing of what is next' not prints systemctl stargate --repo a.git
check 'a dry run writes nothing' unchanged a.git -- stargate --repo a.git --mirror "$work/other.git" --dry-run
if command -v systemd-analyze >/dev/null; then
  # It speaks of all that it finds on the machine: what it says of ours counts.
  verify() {
    systemd-analyze verify "$(schedule "$1" service)" "$(schedule "$1" timer)" >verified 2>&1
    not grep -F "$(basename "$(schedule "$1" service)" .service)" verified
  }
  check 'systemd finds nothing wrong' verify a.git
fi

odd="an odd%one's.git"
check 'an odd path' stargate --repo "$odd" --mirror 'https://user:secret@mirror.invalid/x y.git'
check 'in the service' has_line "$(schedule "$odd" service)" \
  "ExecStart=\"$work/p/libexec/git-kv/kv-mirror-worker\" --repo \"$work/an odd%%one's.git\" --json"
# What cron makes of its line: a percent sign needs a backslash, which cron takes away; the rest is for sh.
cron_command() { sed 's/^\(\* \)\{5\}[^ ]* //; s/\\%/%/g; s/ >.*//' "$(schedule "$1" cron)"; }
check 'in the cron line' equal "$(eval "set -- $(cron_command "$odd")" && echo "$3")" "$work/$odd"
if command -v systemd-analyze >/dev/null; then check 'systemd finds nothing wrong here either' verify "$odd"; fi

check 'another prefix' install --prefix p2 --repo a.git
check 'is the one that runs' grep -qF "\"$work/p2/libexec" "$(schedule a.git service)"
check 'the memory of the mirror is hidden from clients' equal "$(git --git-dir=a.git config transfer.hideRefs)" refs/kv-tracking
git --git-dir=a.git update-ref refs/kv-tracking/mirror/kv/main "$(git --git-dir=a.git hash-object -w -t blob /dev/null)"
check 'they see none of it' equal "$(git ls-remote a.git)" ''

if [ "$(id -u)" = 0 ]; then
  mkdir theirs && chown 12345:12345 theirs
  check "root schedules the worker of somebody's repository" stargate --repo theirs/a.git --mirror mirror.git
  check 'as that somebody' has_line "$(schedule theirs/a.git service)" 'User=12345'
  check 'whose files they are' equal "$(find theirs ! -user 12345 -o ! -group 12345)" ''
fi

check 'unhooking takes the schedule away' "$root/install.sh" --uninstall --repo "$odd" --prefix p
check 'all of it' absent "$odd/.stargate/schedule"
