#!/usr/bin/env bash
# Who leads: a new Stargate does, and from then on the role changes only where --leader says so.
. "$(dirname "$0")/harness.sh"

install --prefix p >/dev/null
stargate() { install --prefix p "$@"; }
leads() { equal "$(cat "$1/.stargate-leader")" "{\"host\":\"$(uname -n)\",\"term\":${2:-1}}"; }

check 'a new Stargate' stargate --repo new.git
check 'leads' leads new.git
check '--standby' unchanged new.git -- prints 'demotes nobody' stargate --repo new.git --standby
check 'a new one with --leader' stargate --repo led.git --leader
check 'leads as well' leads led.git
git init -q --bare plain.git
check 'a plain repository becomes a Stargate' stargate --repo plain.git
check 'and leads' leads plain.git

check 'a standby' stargate --repo standby.git --standby
check 'has no leader file' absent standby.git/.stargate-leader
check 'a second run keeps it so' unchanged standby.git -- stargate --repo standby.git --standby
check 'one without --standby too' unchanged standby.git -- prints 'stays a standby' stargate --repo standby.git
check 'even one that changes something' stargate --repo standby.git --mirror nowhere
check 'promotes nobody' absent standby.git/.stargate-leader
"$root/install.sh" --uninstall --repo standby.git --prefix p >/dev/null
install --prefix p >/dev/null
check 'nor does hooking it anew' stargate --repo standby.git
check 'promote it' absent standby.git/.stargate-leader
check 'a dry --leader says it would' \
  unchanged standby.git -- prints 'would make this host' stargate --repo standby.git --leader --dry-run
check '--leader' stargate --repo standby.git --leader
check 'promotes' leads standby.git
check 'a second --leader' unchanged standby.git -- prints 'nothing to change' stargate --repo standby.git --leader

echo '{"host":"elsewhere","term":7}' >new.git/.stargate-leader
check 'a leader file that names another host stays' unchanged new.git -- stargate --repo new.git
check '--leader takes over' stargate --repo new.git --leader
check 'in the next term' leads new.git 8
for line in '' nonsense '{"host":"elsewhere","term":}' '{"host":"elsewhere","term":-1}'; do
  echo "$line" >new.git/.stargate-leader
  check "a leader file that reads '$line' stays" unchanged new.git -- stargate --repo new.git
  check 'and --leader refuses it' unchanged new.git p -- refused 1 'is malformed' stargate --repo new.git --leader
done
check 'no temporary file is left' equal "$(ls "$TMPDIR")" ''
